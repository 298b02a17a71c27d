import { describe, expect, it } from 'vitest'
import { follow, type Table } from '../../src/wire/machine.js'

const TABLE: Table<'off' | 'on', 'push' | 'cut', 'light' | 'dark'> = {
  off: { push: { to: 'on', do: ['light'] } },
  on: { push: { to: 'off', do: ['dark'] }, cut: { to: 'off', do: ['dark'] } },
}

describe('machine', () => {
  it('follows the arrows of a table and refuses the others', () => {
    expect(follow(TABLE, 'off', 'push')).toEqual({ to: 'on', do: ['light'] })
    expect(follow(TABLE, 'on', 'cut')).toEqual({ to: 'off', do: ['dark'] })
    expect(follow(TABLE, 'off', 'cut')).toBeUndefined()
  })
})
