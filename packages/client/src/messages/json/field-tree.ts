import { CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT, QUOTE, skipSpace, skipString, skipValue } from './json-bytes.ts'
import type { JsonValue } from './json-value.ts'
import { parseJsonAt, stringAt } from './json-value.ts'

/** The fields that somebody wants from an object: a tree of names. `whole` wants all that is there. */
export class FieldTree {
  readonly #children = new Map<string, FieldTree>()
  /** Names in UTF-8, beside `#trees`. */
  readonly #names: Buffer[] = []
  readonly #trees: FieldTree[] = []
  #whole = false

  get whole(): boolean {
    return this.#whole
  }

  get isEmpty(): boolean {
    return !this.#whole && this.#trees.length === 0
  }

  get names(): string[] {
    return [...this.#children.keys()]
  }

  /** Asks for the value at a path; an empty path asks for everything. */
  add(path: readonly string[]): void {
    const [first, ...rest] = path
    if (first === undefined) {
      this.#whole = true
      return
    }
    let child = this.#children.get(first)
    if (child === undefined) {
      child = new FieldTree()
      this.#children.set(first, child)
      this.#names.push(Buffer.from(first))
      this.#trees.push(child)
    }
    child.add(rest)
  }

  /**
   * Takes what was asked for out of the JSON value that begins at `at`: a map with those of the fields that are there, or
   * the value itself where it is no object. What is in between is stepped over, not parsed. Of a repeated field the first
   * counts. Throws a JsonError where the bytes cannot be JSON.
   */
  extract(buffer: Buffer, at: number, end: number): JsonValue {
    if (this.#whole || at >= end || buffer[at] !== OPEN_OBJECT) return parseJsonAt(buffer, at, end)
    const found = new Map<string, JsonValue>()
    const wanted = this.#trees.length
    let position = skipSpace(buffer, at + 1, end)
    while (position < end && buffer[position] === QUOTE) {
      const nameStart = position
      const nameEnd = skipString(buffer, nameStart, end)
      position = skipSpace(buffer, nameEnd, end)
      if (buffer[position] !== COLON) break
      position = skipSpace(buffer, position + 1, end)
      const index = this.#indexOf(buffer, nameStart + 1, nameEnd - 1)
      if (index >= 0) {
        const name = stringAt(buffer, nameStart, nameEnd)
        if (!found.has(name)) found.set(name, this.#trees[index]!.extract(buffer, position, end))
        if (found.size === wanted) return found
      }
      position = skipSpace(buffer, skipValue(buffer, position, end), end)
      if (buffer[position] !== COMMA) break
      position = skipSpace(buffer, position + 1, end)
    }
    if (position >= end || buffer[position] !== CLOSE_OBJECT) skipValue(buffer, at, end)
    return found
  }

  /** Which wanted field has the name between `start` and `end`, or -1. */
  #indexOf(buffer: Buffer, start: number, end: number): number {
    const names = this.#names
    const length = end - start
    next: for (let index = 0; index < names.length; index++) {
      const name = names[index]!
      if (name.length !== length) continue
      for (let at = 0; at < length; at++) if (name[at] !== buffer[start + at]) continue next
      return index
    }
    return -1
  }
}
