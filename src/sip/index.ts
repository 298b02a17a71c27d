export * from './headers.js'
export * from './message.js'
export * from './user-agent-types.js'
