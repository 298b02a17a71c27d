import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vite'
import { ROOT } from './places.mjs'

const APP = join(ROOT, 'dist/web/app')
const NEXT = join(ROOT, 'dist/web/app-next')

/** The page of `cpmft web`, from `src/web/app` into the package. */
export default defineConfig({
  root: join(ROOT, 'src/web/app'),
  // served from the root of its own server, and nothing comes from elsewhere
  base: '/',
  cacheDir: join(ROOT, 'node_modules/.cache/cpmft/vite'),
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    // made beside the page of before, which somebody may be reading
    outDir: NEXT,
    emptyOutDir: true,
    target: 'es2022',
    // a data: URL would need a hole in the content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'THIRD-PARTY-LICENSES.txt' },
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      // packages say 'use client' for frameworks that render on a server; it means nothing here
      onwarn: (warning, warn) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warn(warning),
    },
  },
  plugins: [
    {
      name: 'take-the-place',
      writeBundle: {
        order: 'post',
        sequential: true,
        handler() {
          rmSync(APP, { recursive: true, force: true })
          renameSync(NEXT, APP)
        },
      },
    },
  ],
})
