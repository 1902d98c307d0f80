/**
 * The newest offset of each key, in bounded memory: an open hash table of 24 bytes a slot. A key of up to 15 bytes stands in
 * it itself, of a longer one 15 bytes of its SHA-256: nobody can make two that are taken for one.
 *
 *     words    | length or 255 | 15 bytes: the key, zeros behind; or its hash |
 *     offsets  | offset + 1, 0 where the slot is free |
 */
import { hash } from 'node:crypto'

const SLOT_BYTES = 24
const WORDS = 4
const SHORT_KEY_BYTES_MAX = 15
const HASHED = 255
const SLOTS_MIN = 16
/** Slots that may be taken. */
const LOAD = 0.75

export class KeyOffsets {
  /** How many keys it holds at most; more only where one batch alone has more. */
  readonly keysMax: number
  size = 0
  #slots = SLOTS_MIN
  #words = new Uint32Array(SLOTS_MIN * WORDS)
  #offsets = new Float64Array(SLOTS_MIN)
  /** The key looked for, as the table has it. */
  readonly #key = new Uint8Array(16)
  readonly #keyWords = new Uint32Array(this.#key.buffer)

  constructor(bytesMax: number) {
    let slots = SLOTS_MIN
    while (slots * 2 * SLOT_BYTES <= bytesMax) slots *= 2
    this.keysMax = Math.floor(slots * LOAD)
  }

  /** Whether `count` more keys fit. The first ones always do. */
  hasRoomFor(count: number): boolean {
    return this.size === 0 || this.size + count <= this.keysMax
  }

  /** Notes the newest offset of the key `buffer[start, end)`. */
  set(buffer: Buffer, start: number, end: number, offset: number): void {
    this.#look(buffer, start, end)
    const slot = this.#find()
    if (this.#offsets[slot] === 0) {
      this.#words.set(this.#keyWords, slot * WORDS)
      this.size++
    }
    this.#offsets[slot] = offset + 1
    if (this.size > this.#slots * LOAD) this.#grow()
  }

  /** The newest offset noted for the key, -1 where there is none. */
  get(buffer: Buffer, start: number, end: number): number {
    this.#look(buffer, start, end)
    return this.#offsets[this.#find()]! - 1
  }

  #look(buffer: Buffer, start: number, end: number): void {
    const key = this.#key
    const length = end - start
    if (length <= SHORT_KEY_BYTES_MAX) {
      key.fill(0)
      key[0] = length
      for (let at = 0; at < length; at++) key[at + 1] = buffer[start + at]!
      return
    }
    const digest = hash('sha256', buffer.subarray(start, end), 'buffer')
    key[0] = HASHED
    for (let at = 0; at < SHORT_KEY_BYTES_MAX; at++) key[at + 1] = digest[at]!
  }

  /** The slot of the key, or the free one where it would stand. */
  #find(): number {
    const [a, b, c, d] = this.#keyWords as unknown as [number, number, number, number]
    const words = this.#words
    const mask = this.#slots - 1
    for (let slot = mixed(a, b, c, d) & mask; ; slot = (slot + 1) & mask) {
      if (this.#offsets[slot] === 0) return slot
      const at = slot * WORDS
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot
    }
  }

  #grow(): void {
    const words = this.#words
    const offsets = this.#offsets
    this.#slots *= 2
    this.#words = new Uint32Array(this.#slots * WORDS)
    this.#offsets = new Float64Array(this.#slots)
    for (let slot = 0; slot < offsets.length; slot++) {
      if (offsets[slot] === 0) continue
      for (let word = 0; word < WORDS; word++) this.#keyWords[word] = words[slot * WORDS + word]!
      const to = this.#find()
      this.#words.set(this.#keyWords, to * WORDS)
      this.#offsets[to] = offsets[slot]!
    }
  }
}

/** Short keys differ in few bits: they are spread over all. */
function mixed(a: number, b: number, c: number, d: number): number {
  let bits = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0xcc9e2d51) ^ Math.imul(c ^ Math.imul(d, 0xc2b2ae35), 0x1b873593)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
