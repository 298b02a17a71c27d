export * from './page-world.js'
export * from './start-web.js'
export { demoWorld } from './demo-world.js'
