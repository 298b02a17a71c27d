import { randomBytes } from 'node:crypto'
import { Search } from '../dist/msrp/search.js'

/**
 * The look that RFC 4975 §7.1 asks of both sides of a transfer: whether the end-line of a chunk is in these octets. A function of a block and how many
 * octets it has. It is the way of the library, which is faster than `Buffer.indexOf`; what spans two blocks is left out.
 */
export function lookForEnd() {
  const search = new Search()
  search.setPattern(randomBytes(16).toString('hex'), '-------')
  return (block, length) => {
    if (search.find(block, 0, length) >= 0) throw new Error('an end-line among random octets')
  }
}
