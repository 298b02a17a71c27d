import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'
import { strings } from '../strings.js'

/** The one accent colour: cobalt. */
const cobalt: MantineColorsTuple = [
  '#eef2ff',
  '#dbe3fe',
  '#b6c6fb',
  '#8fa6f7',
  '#6d89f2',
  '#5473ec',
  '#3f5fe0',
  '#314dc4',
  '#2840a3',
  '#1f3280',
]

/** Neutral greys of the dark scheme, a little blue. */
const dark: MantineColorsTuple = [
  '#d5d9e2',
  '#aab1bf',
  '#858d9d',
  '#5f6776',
  '#3c4350',
  '#2c323d',
  '#222731',
  '#1a1e26',
  '#14171e',
  '#0e1116',
]

const FONT = 'Inter, "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", Arial, sans-serif'
const MONOSPACE = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Noto Sans Mono", "DejaVu Sans Mono", monospace'

export const theme = createTheme({
  colors: { cobalt, dark },
  primaryColor: 'cobalt',
  primaryShade: { light: 6, dark: 6 },
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '10px', lg: '14px', xl: '20px' },
  fontFamily: FONT,
  fontFamilyMonospace: MONOSPACE,
  fontSizes: { xs: '0.78125rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  headings: {
    fontFamily: FONT,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1.125rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Notification: {
      defaultProps: { closeButtonProps: { 'aria-label': strings.common.close } },
      styles: { description: { color: 'var(--mantine-color-dimmed)' } },
    },
    Button: { defaultProps: { size: 'sm' } },
    Modal: {
      defaultProps: { radius: 'lg' },
      styles: {
        content: { background: 'var(--surface)' },
        header: { background: 'var(--surface)' },
        title: { fontSize: '1.0625rem', fontWeight: 650 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true, events: { hover: true, focus: true, touch: false } } },
  },
})

/**
 * Colours by what they are for, so that style sheets need not know the scheme. Text on its own ground has a contrast of 4.5 and more.
 * `tone-*`: good, warn, bad, info, with text and ground.
 */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f5f6f9',
    '--mantine-color-text': '#1a1f2b',
    '--mantine-color-dimmed': '#586070',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-anchor': '#314dc4',
    '--mantine-color-error': '#b42331',
    '--mantine-color-cobalt-light': '#eaeffe',
    '--mantine-color-cobalt-light-hover': '#dde5fd',
    '--mantine-color-cobalt-light-color': '#314dc4',
    '--surface': '#ffffff',
    '--surface-sunken': '#f0f2f6',
    '--surface-hover': '#e9ecf3',
    '--line': '#e1e5ec',
    '--line-strong': '#c6ccd8',
    '--accent': '#3f5fe0',
    '--accent-text': '#314dc4',
    '--accent-ground': '#eaeffe',
    '--tone-good': '#1e7d4f',
    '--tone-good-ground': '#e3f5eb',
    '--tone-warn': '#8a5300',
    '--tone-warn-ground': '#fdf1d8',
    '--tone-bad': '#b42331',
    '--tone-bad-ground': '#fdeaec',
    '--tone-info': '#314dc4',
    '--tone-info-ground': '#eaeffe',
    '--tone-quiet': '#586070',
    '--tone-quiet-ground': '#eceff4',
    '--shadow-card': '0 1px 2px rgb(20 26 40 / 5%), 0 1px 8px rgb(20 26 40 / 3%)',
  },
  dark: {
    '--mantine-color-body': '#101319',
    '--mantine-color-text': '#e6e9f0',
    '--mantine-color-dimmed': '#9aa3b4',
    '--mantine-color-placeholder': '#858d9d',
    '--mantine-color-anchor': '#9db2fa',
    '--mantine-color-error': '#ff8f98',
    '--mantine-color-cobalt-light': '#1f2a4d',
    '--mantine-color-cobalt-light-hover': '#27345e',
    '--mantine-color-cobalt-light-color': '#b6c6fb',
    '--mantine-color-default': '#222731',
    '--mantine-color-default-border': '#353c49',
    '--surface': '#191d25',
    '--surface-sunken': '#13161d',
    '--surface-hover': '#232935',
    '--line': '#282e3a',
    '--line-strong': '#3c4452',
    '--accent': '#6d89f2',
    '--accent-text': '#9db2fa',
    '--accent-ground': '#1f2a4d',
    '--tone-good': '#63cf98',
    '--tone-good-ground': '#143325',
    '--tone-warn': '#f0b455',
    '--tone-warn-ground': '#3a2a0c',
    '--tone-bad': '#ff8f98',
    '--tone-bad-ground': '#401a20',
    '--tone-info': '#9db2fa',
    '--tone-info-ground': '#1f2a4d',
    '--tone-quiet': '#9aa3b4',
    '--tone-quiet-ground': '#252b36',
    '--shadow-card': '0 1px 2px rgb(0 0 0 / 30%)',
  },
})
