/** A record that was read. */
export interface Found {
  readonly id: string
  readonly timestamp: number
  /** Its RECONSUME_TIME, 0 without one. */
  readonly times: number
}

/** What producers sent to a topic of records that wait, and whether it is there once. */
export class TimedHistory {
  readonly topic: string
  readonly fail: (problem: string) => void
  /** Whether the broker's clock is stepped: then a record may be delivered at a time that is set back afterwards. */
  areClocksStepped = false
  /** Partition and earliest time of delivery, by id. */
  readonly #sent = new Map<string, { readonly partition: number; readonly due: number }>()
  readonly #acknowledged = new Set<string>()

  constructor(topic: string, fail: (problem: string) => void) {
    this.topic = topic
    this.fail = fail
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size
  }

  /** `due` is 0 where it counts from the acceptance. */
  sent(id: string, partition: number, due: number): void {
    this.#sent.set(id, { partition, due })
  }

  acknowledged(ids: readonly string[]): void {
    for (const id of ids) this.#acknowledged.add(id)
  }

  /** Holds a retry topic and its dead letters against what was sent: each retried so often, then dead, once. */
  checkRetries(times: number, retried: readonly Found[], dead: readonly Found[]): void {
    const retries = Map.groupBy(retried, ({ id }) => id)
    const letters = Map.groupBy(dead, ({ id }) => id)
    for (const id of [...retries.keys(), ...letters.keys()]) {
      if (!this.#sent.has(id)) this.fail(`${id} is there, and was never sent`)
    }
    for (const id of this.#acknowledged) {
      const counts = (retries.get(id) ?? []).map(({ times }) => times).join(' ')
      const expected = Array.from({ length: times }, (_, at) => at + 1).join(' ')
      if (counts !== expected) this.fail(`${id} was retried as "${counts}", and should have been as "${expected}"`)
      const count = letters.get(id)?.length ?? 0
      if (count !== 1) this.fail(`${id} is there ${count} times as a dead letter`)
    }
  }

  /** Holds what was read from a partition, all of it, against what was sent to it. */
  check(partition: number, found: readonly Found[]): void {
    const seen = new Set<string>()
    for (const { id, timestamp } of found) {
      const sent = this.#sent.get(id)
      if (sent === undefined) this.fail(`${id} is there, and was never sent`)
      else if (sent.partition !== partition)
        this.fail(`${id} was sent to partition ${sent.partition}, not ${partition}`)
      else if (timestamp < sent.due && !this.areClocksStepped)
        this.fail(`${id} was delivered at ${timestamp}, before it was due at ${sent.due}`)
      if (seen.has(id)) this.fail(`${id} was delivered twice`)
      seen.add(id)
    }
    for (const id of this.#acknowledged) {
      if (this.#sent.get(id)?.partition === partition && !seen.has(id))
        this.fail(`${id} was acknowledged and is not there`)
    }
  }
}
