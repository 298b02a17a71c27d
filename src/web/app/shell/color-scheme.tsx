import { Center, SegmentedControl, Tooltip, useMantineColorScheme, VisuallyHidden } from '@mantine/core'
import { Monitor, Moon, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import { strings } from '../strings.js'

const words = strings.shell.theme
const SCHEMES = [
  { value: 'light', icon: Sun, label: words.light },
  { value: 'auto', icon: Monitor, label: words.auto },
  { value: 'dark', icon: Moon, label: words.dark },
] as const

/** Light, dark, or as the system has it. */
export function ColorScheme(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const data = SCHEMES.map(({ value, icon: Icon, label }) => ({
    value,
    label: (
      <Tooltip label={label}>
        <Center h={20}>
          <Icon size={16} aria-hidden />
          <VisuallyHidden>{label}</VisuallyHidden>
        </Center>
      </Tooltip>
    ),
  }))
  return (
    <SegmentedControl
      aria-label={words.label}
      size="xs"
      fullWidth
      data={data}
      value={colorScheme}
      onChange={value => setColorScheme(value)}
    />
  )
}
