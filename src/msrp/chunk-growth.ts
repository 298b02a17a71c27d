import { CHUNK_SIZE, MAX_CHUNK_SIZE, PROMPT_ANSWER } from './limits.js'

/**
 * Planned length of the next chunk of a message where nobody set one. The end of a chunk costs a head, an answer, and a reader that is woken for it,
 * so there should be few (MSRP-22); but a slow peer that hears of no end for minutes may give up (MSRP-31). So a chunk that was answered promptly
 * is followed by one twice as long, and one that was not by one half as long.
 */
export class ChunkGrowth {
  /** Octets. */
  size = CHUNK_SIZE

  /**
   * @param length body of the chunk, octets; one that was cut short tells nothing
   * @param took milliseconds from its begin to its answer
   */
  answered(length: number, took: number): void {
    if (took > PROMPT_ANSWER) this.size = Math.max(CHUNK_SIZE, this.size / 2)
    else if (length >= this.size) this.size = Math.min(MAX_CHUNK_SIZE, this.size * 2)
  }
}
