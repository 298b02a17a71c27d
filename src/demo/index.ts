export { LiveDemo, type LiveDemoOptions, TOUR_STEPS, type TourStep } from './live-demo.js'
export { type DemoOptions, runDemo } from './run-demo.js'
