import { type ReactNode, useMemo } from 'react'
import { encode } from 'uqr'
import styles from './people.module.css'

interface QrCodeProps {
  readonly text: string
  readonly label: string
}

/** A text as a QR code, dark on light in either scheme, since not every camera reads the inverse. */
export function QrCode({ text, label }: QrCodeProps): ReactNode {
  const { size, path } = useMemo(() => {
    const { data } = encode(text, { ecc: 'M', border: 2 })
    return { size: data.length, path: pathOf(data) }
  }, [text])
  return (
    <svg className={styles.qr} role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <path d={path} />
    </svg>
  )
}

/** One bar for each run of dark modules of a row. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  let path = ''
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue
      const start = x
      while (row[x + 1] === true) x++
      path += `M${start} ${y}h${x - start + 1}v1h-${x - start + 1}z`
    }
  })
  return path
}
