export * from './head.js'
export * from './limits.js'
export * from './unwrapper.js'
