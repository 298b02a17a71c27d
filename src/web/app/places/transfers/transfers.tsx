import type { ReactNode } from 'react'
import { PlaceFrame } from '../../shell/place-frame.js'

export function Transfers(): ReactNode {
  return <PlaceFrame title="Transfers">…</PlaceFrame>
}
