/**
 * The newest offset of each key, in bounded memory: an open hash table of 24 bytes a slot. A key of up to 15 bytes stands in
 * it itself, of a longer one 120 bits of hash: of a thousand million keys two are taken for one with a chance of 1 to 10^18.
 * (Whoever would look for such a pair has to be allowed to write to the topic, and can write the other key as well.)
 *
 *     words    | length or 255 | 15 bytes: the key, zeros behind; or its hash |
 *     offsets  | offset + 1, 0 where the slot is free |
 */
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
    hashInto(buffer, start, end, this.#keyWords)
    key[0] = HASHED
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

/**
 * MurmurHash3 for 32-bit machines, 128 bits (Austin Appleby, public domain): four lanes that are mixed with each block of 16
 * bytes, here with zeros behind the last.
 */
function hashInto(buffer: Buffer, start: number, end: number, words: Uint32Array): void {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let at = start; at < end; at += 16) {
    a ^= Math.imul(rotated(Math.imul(word(buffer, at, end), C1), 15), C2)
    a = (Math.imul((rotated(a, 19) + b) | 0, 5) + 0x561ccd1b) | 0
    b ^= Math.imul(rotated(Math.imul(word(buffer, at + 4, end), C2), 16), C3)
    b = (Math.imul((rotated(b, 17) + c) | 0, 5) + 0x0bcaa747) | 0
    c ^= Math.imul(rotated(Math.imul(word(buffer, at + 8, end), C3), 17), C4)
    c = (Math.imul((rotated(c, 15) + d) | 0, 5) + 0x96cd1c35) | 0
    d ^= Math.imul(rotated(Math.imul(word(buffer, at + 12, end), C4), 18), C1)
    d = (Math.imul((rotated(d, 13) + a) | 0, 5) + 0x32ac3b17) | 0
  }
  const length = end - start
  a ^= length
  b ^= length
  c ^= length
  d ^= length
  a = (a + b + c + d) | 0
  b = finished((b + a) | 0)
  c = finished((c + a) | 0)
  d = finished((d + a) | 0)
  a = (finished(a) + b + c + d) | 0
  words[0] = a
  words[1] = b + a
  words[2] = c + a
  words[3] = d + a
}

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/** Four bytes as a number, zeros from `end` on. */
function word(buffer: Buffer, at: number, end: number): number {
  if (at + 4 <= end) return buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)
  let bits = 0
  for (let last = Math.min(at + 4, end) - 1; last >= at; last--) bits = (bits << 8) | buffer[last]!
  return bits
}

function rotated(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by))
}

function finished(bits: number): number {
  let mixing = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixing = Math.imul(mixing ^ (mixing >>> 13), 0xc2b2ae35)
  return mixing ^ (mixing >>> 16)
}
