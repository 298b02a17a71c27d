import { join } from 'node:path'
import { defineConfig } from 'vite'
import { ROOT } from './places.mjs'

/** The page of `cpmft web`, from `src/web/app` into the package. */
export default defineConfig({
  root: join(ROOT, 'src/web/app'),
  // served from the root of its own server, and nothing comes from elsewhere
  base: '/',
  cacheDir: join(ROOT, 'node_modules/.cache/cpmft/vite'),
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: join(ROOT, 'dist/web/app'),
    emptyOutDir: true,
    target: 'es2022',
    // a data: URL would need a hole in the content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'THIRD-PARTY-LICENSES.txt' },
    chunkSizeWarningLimit: 900,
  },
})
