/** Something that is due at a time. Its fields belong to the queue it is in. */
export interface Due {
  /** When it is due, Infinity for never. */
  dueAt: number
  /** The time under which the queue holds it, Infinity when it holds it not. */
  queuedAt: number
}

/** Makes `item` due never. Its queue finds out when the old time comes. */
export function cancelDue(item: Due): void {
  item.dueAt = Number.POSITIVE_INFINITY
}

/**
 * Deadlines in order: a binary heap with lazy changes. Moving a deadline back, as each heartbeat does, is one store: the
 * entry is put in its new place when its old time comes. Cancelled ones go the same way.
 */
export class DeadlineQueue<T extends Due> {
  readonly #times: number[] = []
  readonly #items: T[] = []

  /** Entries held, cancelled ones among them. */
  get size(): number {
    return this.#items.length
  }

  /** Makes `item` due at `at`, sooner or later than before. */
  schedule(item: T, at: number): void {
    item.dueAt = at
    if (at < item.queuedAt) {
      item.queuedAt = at
      this.#push(item, at)
    }
  }

  /** When `pop` may have something; too early at times, never too late. */
  next(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY
  }

  /** Takes out one item that is due at `now`, or returns null. */
  pop(now: number): T | null {
    while (this.#items.length > 0 && this.#times[0]! <= now) {
      const at = this.#times[0]!
      const item = this.#shift()
      if (at !== item.queuedAt) continue // left behind when the item was queued for a sooner time
      item.queuedAt = Number.POSITIVE_INFINITY
      if (item.dueAt <= now) {
        item.dueAt = Number.POSITIVE_INFINITY
        return item
      }
      if (item.dueAt !== Number.POSITIVE_INFINITY) this.schedule(item, item.dueAt)
    }
    return null
  }

  #push(item: T, at: number): void {
    const times = this.#times
    const items = this.#items
    let index = items.length
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (times[parent]! <= at) break
      times[index] = times[parent]!
      items[index] = items[parent]!
      index = parent
    }
    times[index] = at
    items[index] = item
  }

  #shift(): T {
    const times = this.#times
    const items = this.#items
    const first = items[0]!
    const at = times.pop()!
    const item = items.pop()!
    const length = items.length
    if (length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= length) break
      if (child + 1 < length && times[child + 1]! < times[child]!) child++
      if (times[child]! >= at) break
      times[index] = times[child]!
      items[index] = items[child]!
      index = child
    }
    times[index] = at
    items[index] = item
    return first
  }
}
