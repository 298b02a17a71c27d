export * from './context.js'
export * from './exit-code.js'
export * from './program.js'
