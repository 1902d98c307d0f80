/** What clients of a simulated cluster sent, were told and read, held against what must be. */

/** One partition, as its clients know it. */
export class PartitionTale {
  readonly topic: string
  readonly index: number
  /** Whether the offsets of acknowledgements are those that records are read at: not of a topic that records wait in. */
  readonly hasOffsets: boolean
  readonly #fail: (text: string) => void
  readonly #sent = new Set<string>()
  /** Acknowledged, and where; -1 where that is not told. */
  readonly acknowledged = new Map<string, number>()
  readonly #acknowledgedAt = new Map<number, string>()
  /** When, by virtual time. */
  readonly #acknowledgedAtMs = new Map<string, number>()
  readonly #now: () => number
  readonly #readAt = new Map<number, string>()

  constructor(topic: string, index: number, hasOffsets: boolean, now: () => number, fail: (text: string) => void) {
    this.#now = now
    this.topic = topic
    this.index = index
    this.hasOffsets = hasOffsets
    this.#fail = (text) => fail(`${topic}-${index}: ${text}`)
  }

  sent(id: string): void {
    this.#sent.add(id)
  }

  acknowledge(id: string, offset: number): void {
    const before = this.acknowledged.get(id)
    if (before !== undefined && before !== offset)
      this.#fail(`${id} was acknowledged at ${before}, and again at ${offset}`)
    this.acknowledged.set(id, this.hasOffsets ? offset : -1)
    if (before === undefined) this.#acknowledgedAtMs.set(id, this.#now())
    if (!this.hasOffsets) return
    this.#compare(offset, id, this.#acknowledgedAt.get(offset), 'was acknowledged')
    this.#compare(offset, id, this.#readAt.get(offset), 'was read')
    this.#acknowledgedAt.set(offset, id)
  }

  /** When what was acknowledged and is not among `records` was acknowledged. */
  lost(records: readonly { readonly id: string }[]): number[] {
    const found = new Set(records.map(({ id }) => id))
    return [...this.acknowledged.keys()].filter((id) => !found.has(id)).map((id) => this.#acknowledgedAtMs.get(id)!)
  }

  /** A client was given a record. Nothing that was read may ever be undone. */
  read(offset: number, id: string): void {
    if (!this.#sent.has(id)) this.#fail(`offset ${offset} has ${id}, which nobody sent`)
    this.#compare(offset, id, this.#readAt.get(offset), 'was read')
    if (this.hasOffsets) this.#compare(offset, id, this.#acknowledgedAt.get(offset), 'was acknowledged')
    this.#readAt.set(offset, id)
  }

  #compare(offset: number, id: string, other: string | undefined, how: string): void {
    if (other !== undefined && other !== id) this.#fail(`offset ${offset} has ${id}, where ${other} ${how}`)
  }

  /** Everything has come to its end: `records` are all there are. `isOrdered`: as their producers sent them. */
  check(records: readonly { readonly offset: number; readonly id: string }[], isOrdered: boolean): void {
    const found = new Map<string, number>()
    const last = new Map<string, number>()
    for (const { offset, id } of records) {
      this.read(offset, id)
      const before = found.get(id)
      if (before !== undefined) this.#fail(`${id} is there twice, at ${before} and ${offset}`)
      found.set(id, offset)
      const slash = id.lastIndexOf('/')
      const [producer, sequence] = [id.slice(0, slash), Number(id.slice(slash + 1))]
      if (isOrdered && sequence <= (last.get(producer) ?? -1))
        this.#fail(`${id} at ${offset} comes after ${last.get(producer)} of the same producer`)
      last.set(producer, sequence)
    }
    for (const [id, offset] of this.acknowledged) {
      const at = found.get(id)
      if (at === undefined) this.#fail(`${id} was acknowledged at ${offset} and is lost`)
    }
    for (const [offset, id] of this.#readAt)
      if (found.get(id) !== offset) this.#fail(`${id} was read at ${offset} and is not there any more`)
  }
}

export class ClusterHistory {
  readonly failures: string[] = []
  readonly counts = {
    acknowledged: 0,
    read: 0,
    commits: 0,
    crashes: 0,
    cuts: 0,
    holds: 0,
    fullDisks: 0,
    changes: 0,
    lost: 0,
    /** What onlookers were told of groups. */
    looks: 0,
    /** Worlds in which polls last for seconds. */
    lazy: 0,
  }
  readonly partitions: PartitionTale[] = []
  readonly #where: () => string

  constructor(where: () => string) {
    this.#where = where
  }

  readonly fail = (text: string): void => {
    this.failures.push(`${text} (${this.#where()})`)
  }
}
