/**
 * Whether an etcd is the one that was read before. One that was given a snapshot goes on from an older state: other things come
 * under revisions that are known here, and a watch that asks for what follows the last of them waits until there are as many
 * again, and goes on as if nothing had happened. So:
 *
 *   another cluster id, in any answer                                     ▸ another etcd: a snapshot restored under a new token
 *   a lower revision than was known before it was asked for               ▸ it has gone back
 *   the newest entry that is known was not written by its revision,
 *   when the stream of a watch is begun again                             ▸ it has gone back, and has come as far since
 *
 * What of a history were only deletions, or is compacted, cannot be told from another. What is found once stays: nothing is taken
 * over, and nothing changed, until this process starts again with what etcd has.
 */
import { type Entry, StorePartedError } from '../store.ts'
import type { Json } from './etcd-http.ts'

export class EtcdHistory {
  readonly #name: string
  readonly #parted: (error: StorePartedError) => void
  #clusterId: string | null = null
  #revision = 0
  #newest: Entry | null = null
  #problem: StorePartedError | null = null

  /** `parted` is called once, when it shows that it is another. */
  constructor(name: string, parted: (error: StorePartedError) => void) {
    this.#name = name
    this.#parted = parted
  }

  /** Why etcd is not to be used any more; null while it is the one that was read before. */
  get problem(): StorePartedError | null {
    return this.#problem
  }

  /** The highest revision that was heard of. */
  get revision(): number {
    return this.#revision
  }

  /** The entry that was written last of all that were read; null while there is none. */
  get newest(): Entry | null {
    return this.#newest
  }

  /** An answer of any kind came. */
  answered(answer: Json): void {
    const clusterId = (answer.header as Json | undefined)?.cluster_id
    if (clusterId === undefined) return
    this.#clusterId ??= String(clusterId)
    if (this.#clusterId !== String(clusterId)) this.#part(`its cluster id was ${this.#clusterId} and is ${clusterId}`)
  }

  /** It has come to `revision`; where that was asked for when it was at `known` at least, it may not be lower. */
  reached(revision: number, known = 0): void {
    if (revision < known) this.#part(`it was at revision ${known} and is at ${revision}`)
    else this.#revision = Math.max(this.#revision, revision)
  }

  /** An entry was read, or told of, as it was at some time. */
  read(entry: Entry): void {
    if (this.#newest === null || entry.modRevision > this.#newest.modRevision) this.#newest = entry
  }

  /** How the entry is now that was the newest before that was asked for; null where it is not there. */
  listed(entry: Entry | null, before: Entry): void {
    // Without it, it was deleted since.
    if (entry === null || isLater(entry, before)) return
    this.#part(`revision ${before.modRevision} had written ${before.key}, which is of ${entry.modRevision} now`)
  }

  /** How the entry that was the newest was at the revision that wrote it; null where it was not there. */
  remembered(entry: Entry | null, newest: Entry): void {
    if (entry === null || !isSame(entry, newest))
      this.#part(`revision ${newest.modRevision} had written ${newest.key}, and has not now`)
  }

  /** There is no revision yet that the newest entry was written by. */
  forgot(newest: Entry): void {
    this.#part(`revision ${newest.modRevision} had written ${newest.key}, and is still to come now`)
  }

  #part(why: string): void {
    if (this.#problem !== null) return
    const text = `etcd at ${this.#name} is not what was read from it before: ${why}. Was a snapshot restored? This broker serves on by what it knows and can change nothing. Stop all brokers, then start them again`
    this.#problem = new StorePartedError(text)
    this.#parted(this.#problem)
  }
}

function isSame(a: Entry, b: Entry): boolean {
  return (
    a.modRevision === b.modRevision &&
    a.createRevision === b.createRevision &&
    a.version === b.version &&
    a.lease === b.lease &&
    a.value === b.value
  )
}

/** Whether an entry is another as it was before, or came of it. */
function isLater(entry: Entry, before: Entry): boolean {
  if (entry.modRevision <= before.modRevision) return isSame(entry, before)
  return (
    entry.createRevision > before.modRevision ||
    (entry.createRevision === before.createRevision && entry.version > before.version)
  )
}
