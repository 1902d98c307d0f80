import type { EventBatch, Watch, WatchHandlers } from './store.ts'

interface Watcher {
  readonly prefix: string
  readonly handlers: WatchHandlers
  nextRevision: number
}

/** The last changes of a store, in memory, and those who watch them. */
export class EventHistory {
  readonly #revisionsMax: number
  readonly #watchers = new Set<Watcher>()
  #batches: EventBatch[] = []
  /** The first revision that is still known, also where no batch of it is. */
  #start: number
  /** The revision after the last one that was added. */
  #next: number

  /** A history that begins, empty, at revision `start` and holds at least the last `revisionsMax` changes. */
  constructor(start: number, revisionsMax: number) {
    this.#start = start
    this.#next = start
    this.#revisionsMax = revisionsMax
  }

  /** Adds what happened next and tells the watchers. */
  add(batches: readonly EventBatch[]): void {
    for (const batch of batches) this.#batches.push(batch)
    this.#next = (this.#batches.at(-1)?.revision ?? this.#next - 1) + 1
    // Twice the bound before it is trimmed, so that trimming costs a step per change and not a copy.
    if (this.#batches.length > 2 * this.#revisionsMax) {
      this.forgetBefore(this.#batches[this.#batches.length - this.#revisionsMax]!.revision)
    }
    for (const watcher of this.#watchers) this.#feed(watcher)
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    const watcher: Watcher = { prefix, handlers, nextRevision: fromRevision }
    this.#watchers.add(watcher)
    if (fromRevision < this.#next) queueMicrotask(() => this.#feed(watcher))
    return {
      close: () => {
        this.#watchers.delete(watcher)
      },
    }
  }

  forgetBefore(revision: number): void {
    if (revision <= this.#start) return
    this.#start = revision
    this.#batches = this.#batches.slice(this.#firstFrom(revision))
  }

  /** Ends all watches. */
  end(error: Error | null): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const watcher of watchers) watcher.handlers.ended(error)
  }

  /** Hands a watcher what it has not seen yet. */
  #feed(watcher: Watcher): void {
    if (!this.#watchers.has(watcher)) return
    if (watcher.nextRevision < this.#start) {
      this.#watchers.delete(watcher)
      watcher.handlers.compacted(this.#start)
      return
    }
    const unseen: EventBatch[] = []
    for (let i = this.#firstFrom(watcher.nextRevision); i < this.#batches.length; i++) {
      const batch = this.#batches[i]!
      const events = batch.events.filter((event) => event.key.startsWith(watcher.prefix))
      if (events.length > 0) unseen.push({ revision: batch.revision, events })
    }
    watcher.nextRevision = Math.max(watcher.nextRevision, this.#next)
    if (unseen.length > 0) watcher.handlers.events(unseen)
  }

  /** Index of the first batch at or after `revision`; it is near the end. */
  #firstFrom(revision: number): number {
    let index = this.#batches.length
    while (index > 0 && this.#batches[index - 1]!.revision >= revision) index -= 1
    return index
  }
}
