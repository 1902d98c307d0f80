import type { TextBuffer } from './text-buffer.ts'

/** Longer texts are not kept. */
const TEXT_BYTES_MAX = 64
/** A power of two. */
const SLOTS = 256

/**
 * The texts of requests, of which most come again and again: topics, clients, groups. To compare a text's bytes with those it
 * had before costs a fraction of making a string of them, and a string that was there before has been hashed before. Each
 * text has one slot, which the next one takes that falls into it: the memory is bounded whatever is sent.
 */
export class KnownTexts {
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')
  readonly #lengths = new Uint8Array(SLOTS)
  readonly #bytes = new Uint8Array(SLOTS * TEXT_BYTES_MAX)

  /** The text of the UTF-8 in `buffer[start, end)`, which is not empty. */
  read(buffer: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > TEXT_BYTES_MAX) return (buffer as TextBuffer).utf8Slice(start, end)
    const slot = slotOf(buffer, start, length)
    const bytes = this.#bytes
    const kept = slot * TEXT_BYTES_MAX
    let at = this.#lengths[slot] === length ? 0 : -1
    while (at >= 0 && at < length) at = bytes[kept + at] === buffer[start + at] ? at + 1 : -1
    if (at === length) return this.#texts[slot]!
    const text = (buffer as TextBuffer).utf8Slice(start, end)
    for (at = 0; at < length; at++) bytes[kept + at] = buffer[start + at]!
    this.#lengths[slot] = length
    this.#texts[slot] = text
    return text
  }
}

/** Names that differ do so in their length, or at the end, more often than not. */
function slotOf(buffer: Buffer, start: number, length: number): number {
  const last = start + length - 1
  let hash = length * 31 + buffer[start]!
  hash = hash * 31 + buffer[start + (length >> 1)]!
  hash = hash * 31 + buffer[Math.max(start, last - 1)]!
  hash = hash * 31 + buffer[last]!
  return (hash ^ (hash >>> 8)) & (SLOTS - 1)
}
