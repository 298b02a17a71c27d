import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/client/journal.js'
import { LiveFile } from '../../src/client/live-file.js'
import type { Store, StoredFile } from '../../src/client/store.js'

const FACTS = {
  id: '7Q2F',
  direction: 'received',
  kind: 'push',
  peer: { uri: 'sip:alice@example.com', displayName: undefined, identity: 'unverified', known: false },
} as const

/** A store that notes what it is told. */
function noting(withBatches: boolean) {
  const said: string[] = []
  const text = (file: StoredFile) => `${file.index} ${file.state} ${file.bytes}`
  const store = {
    saveTransfer: async ({ files }: { files: readonly StoredFile[] }) => void said.push(`all: ${files.map(text).join(', ')}`),
    saveFile: async (_: string, file: StoredFile) => void said.push(text(file)),
    saveProgress: async (_: string, index: number, bytes: number) => void said.push(`progress ${index} ${bytes}`),
    ...(withBatches && { saveFiles: async (_: string, files: readonly StoredFile[]) => void said.push(files.map(text).join(', ')) }),
  } as unknown as Store
  const journal = new Journal({
    store,
    date: () => 1_000_000,
    account: 'sip:bob@example.com',
    onFailure: error => void said.push(String(error)),
  })
  return { said, journal, entry: journal.begin(FACTS) }
}

function file(index: number, size = 1_000_000): LiveFile {
  const made = new LiveFile({ name: `${index}.txt`, size, type: 'text/plain', state: 'accepted' })
  made.index = index
  return made
}

describe('JournalEntry', () => {
  it('writes the news of one turn at once, each file as it was last', async () => {
    const { said, journal, entry } = noting(true)
    const [one, two] = [file(0), file(1)]
    entry.save([one, two])
    one.state = 'receiving'
    entry.file(one)
    entry.file(two)
    one.state = 'done'
    entry.file(one)
    await journal.settled()
    entry.file(two)
    await journal.settled()
    expect(said).toEqual(['all: 0 accepted 0, 1 accepted 0', '0 done 0, 1 accepted 0', '1 accepted 0'])
  })

  it('lets nothing older replace what is newer', async () => {
    const { said, journal, entry } = noting(true)
    const one = file(0)
    entry.save([one])
    entry.file(one)
    entry.progress(one, 100)
    one.bytes = 200
    entry.file(one)
    entry.save([one], true)
    one.bytes = 300
    entry.file(one)
    await journal.settled()
    expect(said).toEqual(['all: 0 accepted 0', '0 accepted 0', 'progress 0 100', '0 accepted 200', 'all: 0 accepted 200', '0 accepted 300'])
  })

  it('writes no progress of a file that is too small to be gone on with, and tells a store without batches of each file', async () => {
    const { said, journal, entry } = noting(false)
    const [one, two] = [file(0, 10_000), file(1, 10_000)]
    entry.save([one, two])
    entry.progress(one, 5000)
    entry.changed([one, two])
    await journal.settled()
    expect(said).toEqual(['all: 0 accepted 0, 1 accepted 0', '0 accepted 0', '1 accepted 0'])
  })
})
