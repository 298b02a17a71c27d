import { Upload } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { announce } from '../model/announcer.js'
import { addFiles } from '../model/draft.js'
import { droppedFiles } from '../model/dropped-files.js'
import { navigate } from '../model/route.js'
import { strings } from '../strings.js'
import styles from './drop-anywhere.module.css'

const words = strings.transfers

/** Takes files that are dropped anywhere on the page, or pasted into it. */
export function DropAnywhere(): ReactNode {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    const control = new AbortController()
    const options = { signal: control.signal }
    let depth = 0
    const show = (isShown: boolean): void => {
      if (!isShown) depth = 0
      setOver(isShown)
    }
    window.addEventListener('dragenter', event => hasFiles(event) && show(++depth > 0), options)
    window.addEventListener('dragleave', event => hasFiles(event) && --depth <= 0 && show(false), options)
    window.addEventListener('dragover', event => hasFiles(event) && event.preventDefault(), options)
    window.addEventListener(
      'drop',
      event => {
        if (!hasFiles(event)) return
        // Else the browser would leave the page and show the file
        event.preventDefault()
        show(false)
        if (event.dataTransfer !== null) void take(event.dataTransfer)
      },
      options,
    )
    window.addEventListener(
      'paste',
      event => {
        if (event.clipboardData === null || event.clipboardData.files.length === 0) return
        event.preventDefault()
        void take(event.clipboardData)
      },
      options,
    )
    return () => control.abort()
  }, [])
  if (!isOver) return null
  return (
    <div className={styles.overlay} aria-hidden>
      <div className={styles.target}>
        <Upload size={40} strokeWidth={1.75} />
        <strong className={styles.title}>{words.drop.title}</strong>
        <span>{words.drop.text}</span>
      </div>
    </div>
  )
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}

async function take(data: DataTransfer): Promise<void> {
  const count = addFiles(await droppedFiles(data))
  if (count === 0) return
  navigate('/')
  announce(words.composer.filesAdded(count))
}
