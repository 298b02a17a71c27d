import { describe, expect, it } from 'vitest'
import { SharedRun } from '../../src/node/shared-run.js'

/** Runs that end when the test says so. */
function slowWork() {
  const ends: ((value: number) => void)[] = []
  const fails: ((error: Error) => void)[] = []
  const shared = new SharedRun(
    () =>
      new Promise<number>((resolve, reject) => {
        ends.push(resolve)
        fails.push(reject)
      }),
  )
  return { shared, ends, fails }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('SharedRun', () => {
  it('is run once for all who ask within one turn', async () => {
    const { shared, ends } = slowWork()
    const asked = [shared.run(), shared.run(), shared.run()]
    await turn()
    expect(ends.length).toBe(1)
    ends[0]?.(7)
    expect(await Promise.all(asked)).toEqual([7, 7, 7])
  })

  it('is run once more for those who ask while it runs: what they did may have come too late for it', async () => {
    const { shared, ends } = slowWork()
    const first = shared.run()
    await turn()
    const later = [shared.run(), shared.run()]
    await turn()
    expect(ends.length).toBe(1)
    ends[0]?.(1)
    expect(await first).toBe(1)
    await turn()
    expect(ends.length).toBe(2)
    ends[1]?.(2)
    expect(await Promise.all(later)).toEqual([2, 2])
  })

  it('fails for those of its run only', async () => {
    const { shared, ends, fails } = slowWork()
    const first = shared.run()
    await turn()
    const second = shared.run()
    fails[0]?.(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    await turn()
    ends[1]?.(2)
    expect(await second).toBe(2)
  })
})
