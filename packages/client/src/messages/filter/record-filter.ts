import type { RecordCursor } from '@odradek/protocol'
import type { SchemaCache } from '../decoders/schemas.ts'
import { CelFilter, type Decoders } from './cel-filter.ts'
import type { MessageFilter } from './message-filter.ts'

/** A message filter made ready: asked for each record, in place. */
export class RecordFilter {
  readonly #contains: Buffer | null
  readonly #cel: CelFilter | null

  /** @throws FilterError where the CEL expression cannot be used */
  constructor(filter: MessageFilter, decoders: Decoders, schemas: SchemaCache) {
    this.#contains = filter.contains ? Buffer.from(filter.contains) : null
    this.#cel = filter.cel?.trim() ? new CelFilter(filter.cel, decoders, schemas) : null
  }

  get isEmpty(): boolean {
    return this.#contains === null && this.#cel === null
  }

  get undecided(): number {
    return this.#cel?.undecided ?? 0
  }

  get firstProblem(): string | null {
    return this.#cel?.firstProblem ?? null
  }

  matches(cursor: RecordCursor, topic: string, partition: number): boolean {
    const text = this.#contains
    if (text !== null) {
      const { buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor
      if (!holds(buffer, valueStart, valueEnd, text) && !holds(buffer, keyStart, keyEnd, text)) return false
    }
    return this.#cel === null || this.#cel.matches(cursor, topic, partition)
  }
}

/** Whether the bytes between `start` and `end` hold `text`, without reading beyond them. */
function holds(buffer: Buffer, start: number, end: number, text: Buffer): boolean {
  if (start < 0 || end - start < text.length) return false
  return buffer.subarray(start, end).includes(text)
}
