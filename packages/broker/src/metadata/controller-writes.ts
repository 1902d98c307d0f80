/**
 * Makes decisions and stores them, in rounds:
 *
 *   those that wait are decided, one after the other, over one draft that holds what was decided before them
 *     ▸ their changes, one per key, are packed into transactions that compare the author's key and each key's revision
 *       ▸ what was stored is answered once the image has it; what another was faster for is decided again
 *
 * A round is not large: to decide, to store, and to follow the image holds the loop, which others have between two rounds.
 */
import { errors } from '@odradek/protocol'
import type { Timers } from '../host/clock.ts'
import type { Change, Decision, Refusal } from './controller/decision.ts'
import type { MetadataImage } from './image.ts'
import { ImageDraft } from './image-draft.ts'
import type { ImageFollower } from './image-follower.ts'
import { meaningOfKey } from './keys.ts'
import type { Registration } from './registration.ts'
import type { Compare, MetadataStore, Operation, Transaction } from './store.ts'

/** Compares in one transaction: one for the author, one for each change, and what changes bring. */
const transactionComparesMax = 100
/** Bytes of values in one transaction, before the one that goes beyond. */
const transactionValueBytesMax = 400_000
/** Decisions in one round. */
const roundDecisionsMax = 99
/** Partitions of the topics that one round changes, before the one that goes beyond. */
const roundPartitionsMax = 500
/** Rounds in which others were faster until a decision is given up. */
const attemptsMax = 20

interface Waiting {
  decide(image: MetadataImage): Decision<unknown>
  refuse(refusal: Refusal): unknown
  resolve(result: unknown): void
  reject(error: unknown): void
  attempts: number
}

/** A waiting decision that was made, and the transaction that stores its change (null for none). */
interface Decided {
  readonly waiting: Waiting
  readonly result: unknown
  readonly key: string | null
}

/**
 * In whose name something is written: the controller's, whose key must be unchanged, or this registered broker's, whose
 * registration must be: for what leaders and every broker may decide.
 */
export type Author = 'controller' | 'broker'

export class ControllerWrites {
  readonly #store: MetadataStore
  readonly #follower: ImageFollower
  readonly #registration: Registration
  readonly #author: Author
  readonly #timers: Timers
  #waiting: Waiting[] = []
  #running = false

  constructor(
    store: MetadataStore,
    follower: ImageFollower,
    registration: Registration,
    timers: Timers,
    author: Author = 'controller',
  ) {
    this.#timers = timers
    this.#store = store
    this.#follower = follower
    this.#registration = registration
    this.#author = author
  }

  /**
   * Resolves to the decision's result once its change is stored and in the image; to `refuse(…)` where this broker is not
   * the controller or others are faster for ever. `decide` may be called several times. Rejects when the store fails, also while this waited for its turn.
   */
  submit<Result>(
    decide: (image: MetadataImage) => Decision<Result>,
    refuse: (refusal: Refusal) => Result,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ decide, refuse, resolve: resolve as (result: unknown) => void, reject, attempts: 0 })
      if (this.#running) return
      this.#running = true
      // What is submitted in this same breath is decided in the same round.
      queueMicrotask(() => this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting.splice(0, roundDecisionsMax)
      try {
        await this.#round(waiting)
      } catch (error) {
        // A store that did not answer these would let each round of the others wait as long, one after the other.
        for (const item of [...waiting, ...this.#waiting.splice(0)]) item.reject(error)
      }
      // Not every round waits for the store: others are to have their turn all the same.
      if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#timers.endOfTurn(resolve))
    }
    this.#running = false
  }

  async #round(waiting: Waiting[]): Promise<void> {
    await this.#registration.confirm()
    if (this.#author === 'controller' && !this.#registration.isController) {
      const errorMessage = this.#follower.image.controllerText
      for (const item of waiting) item.resolve(item.refuse({ errorCode: errors.NOT_CONTROLLER.code, errorMessage }))
      return
    }
    const { decided, changes, taken } = decideAll(this.#follower.image, waiting)
    this.#waiting.unshift(...waiting.splice(taken))
    const groups = pack(changes)
    const fence = this.#author === 'controller' ? this.#registration.controllerFence : this.#registration.fence
    const transactions = groups.map((group) => toTransaction(group, fence))
    const outcomes = await Promise.all(transactions.map((transaction) => this.#store.transact(transaction)))
    let revision = 0
    const stored = new Set<string>()
    for (const [index, outcome] of outcomes.entries()) {
      if (!outcome.succeeded) continue
      revision = Math.max(revision, outcome.revision)
      for (const change of groups[index]!) stored.add(change.key)
    }
    await this.#follower.reached(revision)
    if (outcomes.every((outcome) => outcome.succeeded)) {
      for (const { waiting: item, result } of decided) item.resolve(result)
      return
    }
    for (const { waiting: item, result, key } of decided) {
      // One without a change may have been decided by what another was about to change.
      if (key !== null && stored.has(key)) item.resolve(result)
      else this.#again(item)
    }
    await this.#follower.refresh()
  }

  #again(item: Waiting): void {
    item.attempts += 1
    if (item.attempts < attemptsMax) this.#waiting.push(item)
    else {
      const errorMessage = `Others changed the same metadata ${attemptsMax} times in a row. Try again.`
      item.resolve(item.refuse({ errorCode: errors.REQUEST_TIMED_OUT.code, errorMessage }))
    }
  }
}

/** Decides on those of `waiting` that make a round: the first `taken`. */
function decideAll(
  image: MetadataImage,
  waiting: readonly Waiting[],
): { decided: Decided[]; changes: Map<string, Change>; taken: number } {
  const draft = new ImageDraft(image)
  const changes = new Map<string, Change>()
  const decided: Decided[] = []
  let taken = 0
  let partitions = 0
  for (const item of waiting) {
    if (partitions > roundPartitionsMax) break
    taken += 1
    try {
      const { result, change } = item.decide(draft)
      decided.push({ waiting: item, result, key: change?.key ?? null })
      if (change === null) continue
      const { key, value } = change
      const partitionsBefore = partitionsAt(draft, key)
      // The store still has what the first decision of this round on this key saw.
      const before = changes.get(key)
      const base = before?.base ?? change.base
      const compares = [...(before?.compares ?? []), ...(change.compares ?? [])]
      changes.set(key, { key, value, base, compares })
      if (value === null) draft.delete(key)
      else draft.put({ key, value, createRevision: base, modRevision: base })
      partitions += Math.max(partitionsBefore, partitionsAt(draft, key))
    } catch (error) {
      item.reject(error)
    }
  }
  return { decided, changes, taken }
}

/** How many partitions the topic has that is stored under a key; 0 where none is. */
function partitionsAt(image: MetadataImage, key: string): number {
  const meaning = meaningOfKey(key)
  return meaning?.kind === 'topic' ? (image.topics.get(meaning.name)?.partitions.length ?? 0) : 0
}

function pack(changes: ReadonlyMap<string, Change>): Change[][] {
  const groups: Change[][] = []
  let group: Change[] = []
  let bytes = 0
  let compares = 1
  for (const change of changes.values()) {
    const more = 1 + (change.compares?.length ?? 0)
    if (compares + more > transactionComparesMax || bytes > transactionValueBytesMax) group = []
    if (group.length === 0) {
      groups.push(group)
      bytes = 0
      compares = 1
    }
    group.push(change)
    bytes += change.value?.length ?? 0
    compares += more
  }
  return groups
}

function toTransaction(group: readonly Change[], fence: Compare): Transaction {
  const compares: Compare[] = [fence]
  const success: Operation[] = []
  for (const { key, value, base, compares: more = [] } of group) {
    compares.push({ key, target: 'modRevision', revision: base }, ...more)
    success.push(value === null ? { kind: 'delete', key } : { kind: 'put', key, value })
  }
  return { compares, success }
}
