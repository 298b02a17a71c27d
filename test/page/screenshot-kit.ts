/** What `tools/screenshots.mjs` takes from here. */
export { closeBrowser, theBrowser } from './browser.js'
export { reach } from './reach.js'
export { SCREENS } from './screens.js'
export { ScriptedServer } from './scripted-server.js'
