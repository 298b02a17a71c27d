import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './tools/test-report.mjs'],
    // Built files are loaded by Node itself, as users load them
    server: { deps: { external: [/\/dist\//] } },
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
  },
})
