import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    pool: 'forks',
    maxWorkers: 2,
    // Other programs, real sockets and real time on a busy machine: one more try, which the reporter shows
    retry: process.env.CI === undefined ? 0 : 1,
    reporters: ['default', './tools/test-report.mjs'],
    // Built files are loaded by Node itself, as users load them
    server: { deps: { external: [/\/dist\//] } },
    // `npm run coverage`: the core rooms by their own tests. What cannot be reached carries `v8 ignore` and the reason
    coverage: {
      provider: 'v8',
      include: ['src/{wire,sdp,msrp,sip,cpim,cpm,trace,focus}/**/*.ts'],
      reporter: ['text-summary'],
      // Everything is covered; one branch in ten thousand is reached by chance, and a run in four or so misses it
      thresholds: { statements: 99.95, branches: 99.95 },
    },
  },
})
