import type { ReactNode } from 'react'
import { PlaceFrame } from '../../shell/place-frame.js'

export function Wire(): ReactNode {
  return <PlaceFrame title="Wire">…</PlaceFrame>
}
