#!/usr/bin/env node
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import sharp from 'sharp'
import { ROOT } from './places.mjs'

/**
 * Pictures of every screen of the page, light and dark, wide and narrow, into `docs/images`, with a page that lists them. Needs the built
 * page (`npm run build`) and chromium. The screens and their states are those of `test/page/screens.ts`; the clock stands still and the
 * data are made up, so that pictures change with the page only.
 *
 *     npm run screenshots [-- NAME...]     all, or those whose names begin so
 */

const OUT = join(ROOT, 'docs/images')
const KIT = join(ROOT, 'node_modules/.cache/cpmft/screens')
/** Wide pictures show what a small notebook shows, narrow ones a telephone. */
const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 720 },
]
const SCHEMES = ['light', 'dark']
/** Movements end and fonts settle, milliseconds. */
const SETTLE = 350

process.chdir(ROOT)
const wanted = process.argv.slice(2)
const { SCREENS, ScriptedServer, reach, theBrowser, closeBrowser } = await loadKit()
const screens = SCREENS.filter(({ name }) => wanted.length === 0 || wanted.some(word => name.startsWith(word)))
if (screens.length === 0) throw new Error(`There is no such screen. There are: ${SCREENS.map(({ name }) => name).join(', ')}`)
mkdirSync(OUT, { recursive: true })
if (wanted.length === 0) for (const file of readdirSync(OUT)) if (file.endsWith('.png')) rmSync(join(OUT, file))

// a copy, so that a build meanwhile takes nothing away
cpSync(join(ROOT, 'dist/web/app'), join(KIT, 'app'), { recursive: true })
const browser = await theBrowser()
for (const size of SIZES) {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ viewport: size, colorScheme, reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' })
    const page = await context.newPage()
    for (const screen of screens) await shoot(page, screen, size.width, colorScheme)
    await context.close()
  }
}
await closeBrowser()
writeFileSync(join(OUT, 'README.md'), index())
const octets = readdirSync(OUT).reduce((sum, file) => sum + statSync(join(OUT, file)).size, 0)
console.log(`screenshots: ${screens.length} screens, ${(octets / 1e6).toFixed(1)} MB in docs/images`)

async function shoot(page, screen, width, colorScheme) {
  const server = await ScriptedServer.start({ ...screen.scenario, page: join(KIT, 'app') })
  try {
    await reach(page, server, screen, width)
    await page.mouse.move(0, 0)
    await page.waitForTimeout(SETTLE)
    const picture = await page.screenshot({ caret: 'hide' })
    // a palette: the page has few colours, and the repository keeps every picture for ever
    await sharp(picture)
      .png({ palette: true, colours: 128, dither: 0 })
      .toFile(join(OUT, fileOf(screen.name, width, colorScheme)))
  } catch (error) {
    throw new Error(`${screen.name}, ${width}, ${colorScheme}: ${error.message}`)
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

function fileOf(name, width, colorScheme) {
  return `${name}-${width}-${colorScheme}.png`
}

/** The tests' own kit, in a form that Node loads. */
async function loadKit() {
  const build = await rolldown({
    input: { screens: join(ROOT, 'test/page/screenshot-kit.ts') },
    platform: 'node',
    external: [/^playwright-core/],
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  })
  await build.write({ dir: KIT, format: 'esm', entryFileNames: '[name].mjs' })
  await build.close()
  return import(pathToFileURL(join(KIT, 'screens.mjs')).href)
}

function index() {
  const parts = SCREENS.map(({ name, about }) => {
    const cell = (width, scheme) => `[![${about}, ${scheme}](${fileOf(name, width, scheme)})](${fileOf(name, width, scheme)})`
    return `## ${about}\n\n| Light | Dark | Light, narrow | Dark, narrow |\n|---|---|---|---|\n| ${cell(1280, 'light')} | ${cell(1280, 'dark')} | ${cell(360, 'light')} | ${cell(360, 'dark')} |\n`
  })
  return `# The page in pictures\n\nMade by \`npm run screenshots\` with made-up data and a clock that stands still.\n\n${parts.join('\n')}`
}
