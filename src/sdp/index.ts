export * from './file-media.js'
export * from './session-description.js'
