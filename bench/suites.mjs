/**
 * Every suite of `npm run bench`, in the order of a whole run: name -> the module that exports `suite`. The contract is in README.md.
 * Loaded only when it runs, so that a suite with a missing part does not stand in the way of the others.
 */
export const SUITES = {
  raw: './raw-suite.mjs',
  hash: './hash-suite.mjs',
  push: './push-suite.mjs',
  msrp: './msrp-suite.mjs',
  memory: './memory-suite.mjs',
  peers: './peers-suite.mjs',
  startup: './startup-suite.mjs',
  fanout: './fanout-suite.mjs',
  'small-files': './small-files-suite.mjs',
  sessions: './sessions-suite.mjs',
  sip: './sip-suite.mjs',
  'sip-latency': './sip-latency.mjs',
  server: './server-suite.mjs',
  bindings: './bindings.mjs',
  'sip-parse': './sip-parse.mjs',
  'msrp-parse': './msrp-parse.mjs',
}

export async function loadSuite(name, suites = SUITES, from = import.meta.url) {
  const { suite } = await import(new URL(suites[name], from))
  return suite
}
