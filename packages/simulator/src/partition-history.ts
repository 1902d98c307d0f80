/**
 * What clients know of one partition, and what follows from it.
 *
 *      0            durable                end
 *      ├───────────────┼────────────────────┼──────────▶ offsets
 *      outlives anything   outlives a kill
 *
 * A crash may cut a log anywhere at or above `durable`, and never below: what is found afterwards is a beginning of what
 * was there. A record that was cut off does not come back, and no record is ever in two places.
 */
import type { TopicHistory } from './topic-history.ts'

/** How a broker's life ended: as in the simulator's hosts, or in good order. */
export type End = 'process' | 'power' | 'clean'

export class PartitionHistory {
  readonly topic: TopicHistory
  readonly index: number
  /** All records below outlive a power failure. */
  durable = 0
  /** One past the last record that is known to be in the log. */
  end = 0
  /** Clients asked to delete the records below. */
  deletedBelow = 0
  /** How often a power failure took records that were acknowledged or read. */
  losses = 0
  /** Ids of records by offset. */
  readonly records = new Map<number, string>()
  /** The key of every record that was sent, by id. */
  readonly keys = new Map<string, string | null>()
  /** Ids of records that a power failure took although they were acknowledged: none of what was durable. */
  readonly lost = new Set<string>()
  readonly #acknowledged = new Set<string>()
  readonly #offsets = new Map<string, number>()
  readonly #fail: (problem: string) => void

  constructor(topic: TopicHistory, index: number, fail: (problem: string) => void) {
    this.topic = topic
    this.index = index
    this.#fail = (problem) => fail(`${this.name}: ${problem}`)
  }

  get name(): string {
    return `${this.topic.name}-${this.index}`
  }

  fail(problem: string): void {
    this.#fail(problem)
  }

  /** A record is at `offset`: it was acknowledged or read. `isDurable`: as its topic promises, nothing can take it any more. */
  placed(offset: number, id: string, isDurable: boolean): void {
    const known = this.records.get(offset)
    if (known !== undefined && known !== id) this.#fail(`offset ${offset} is ${id}, and was ${known}`)
    const other = this.#offsets.get(id)
    if (other !== undefined && other !== offset) this.#fail(`${id} is at ${other} and again at ${offset}`)
    if (this.lost.has(id)) this.#fail(`${id} was lost, and is there again at ${offset}`)
    if (!this.keys.has(id)) this.#fail(`nobody sent ${id}, which is at ${offset}`)
    this.records.set(offset, id)
    this.#offsets.set(id, offset)
    this.end = Math.max(this.end, offset + 1)
    if (isDurable) this.durable = Math.max(this.durable, offset + 1)
  }

  /** A record was acknowledged to be at `offset`. */
  acknowledged(offset: number, id: string, isDurable: boolean): void {
    this.#acknowledged.add(id)
    this.placed(offset, id, isDurable)
  }

  /** A new life of the broker found the log ending at `endOffset`. `flushedOffset`: what the last life held for durable. */
  recovered(endOffset: number, ended: End, flushedOffset: number): void {
    const least = ended === 'power' ? Math.max(this.durable, flushedOffset) : this.end
    if (endOffset < least) this.#fail(`ends at ${endOffset} after a ${ended} end, but had to reach ${least}`)
    if (ended !== 'process') this.durable = endOffset
    if (endOffset >= this.end) return
    this.losses++
    for (const [offset, id] of this.records) {
      if (offset < endOffset) continue
      this.records.delete(offset)
      this.#offsets.delete(id)
      // Its producer sends again what was never acknowledged.
      if (this.#acknowledged.has(id)) this.lost.add(id)
    }
    this.end = endOffset
  }
}
