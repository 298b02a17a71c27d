export * from './start-web.js'
