import type { SimLife } from './sim-life.ts'

/** Timers wait for ever in a running broker; the other kinds are work on its way. */
export type SimEventKind = 'timer' | 'disk' | 'network' | 'offload'

/** Something that happens at a virtual time, in the life of a process or, with none, to the world itself. */
export interface SimEvent {
  /** Later than it was, where the life was held when its time came. */
  time: number
  /** Events of the same time happen in the order they were made. */
  sequence: number
  readonly kind: SimEventKind
  readonly label: string
  readonly life: SimLife | null
  readonly run: () => void
  cancelled: boolean
}

/** A binary heap of events, earliest first. */
export class EventQueue {
  readonly #heap: SimEvent[] = []

  get length(): number {
    return this.#heap.length
  }

  peek(): SimEvent | undefined {
    return this.#heap[0]
  }

  push(event: SimEvent): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(event, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = event
  }

  /** Takes out the events that `goes` says yes to, and says how many of them were no timers. */
  discard(goes: (event: SimEvent) => boolean): number {
    let gone = 0
    for (const event of this.#heap.splice(0)) {
      if (!goes(event)) this.push(event)
      else if (event.kind !== 'timer') gone++
    }
    return gone
  }

  pop(): SimEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return first
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence)
}
