/**
 * What a group committed for one partition, as a register: a value read later is the last one written, one whose outcome
 * is not known, or, after a power failure, the last one that was durable or any that came after it.
 */
import type { End } from './partition-history.ts'

export interface Commit {
  readonly offset: number
  readonly begunAt: number
  /** When its outcome was known; infinity as long as it may still happen. */
  endedAt: number
  acknowledged: boolean
  /** Where the log of committed offsets ended when it was acknowledged: flushed up to there, it is durable. */
  position: number
  durable: boolean
  readonly life: number
}

const NONE = -1

export class CommitHistory {
  readonly name: string
  #commits: Commit[] = []
  readonly #fail: (problem: string) => void

  constructor(name: string, fail: (problem: string) => void) {
    this.name = name
    this.#fail = fail
  }

  begin(offset: number, at: number, life: number): Commit {
    const commit = {
      offset,
      begunAt: at,
      endedAt: Number.POSITIVE_INFINITY,
      acknowledged: false,
      position: Number.POSITIVE_INFINITY,
      durable: false,
      life,
    }
    this.#commits.push(commit)
    return commit
  }

  /** `position`: the end of the log of committed offsets now. `isDurable`: as that log promises. */
  acknowledged(commit: Commit, at: number, position: number, isDurable: boolean): void {
    commit.endedAt = at
    commit.acknowledged = true
    commit.position = position
    commit.durable = isDurable
  }

  /** The broker refused it: it never happens. */
  refused(commit: Commit): void {
    this.#commits = this.#commits.filter((other) => other !== commit)
  }

  /** The broker's life ended; `flushedOffset` is what it held for durable of the log of committed offsets. */
  died(at: number, end: End, flushedOffset: number): void {
    for (const commit of this.#commits) {
      commit.endedAt = Math.min(commit.endedAt, at)
      if (!commit.acknowledged) continue
      if (end === 'clean' || commit.position <= flushedOffset) commit.durable = true
      if (end === 'power' && !commit.durable) commit.acknowledged = false
    }
  }

  /** The group was told `offset` (-1: nothing is committed) in `life`. */
  told(offset: number, at: number, life: number, position: number, isDurable: boolean): void {
    const newest = this.#commits.reduce((begun, { acknowledged, begunAt }) => {
      return acknowledged ? Math.max(begun, begunAt) : begun
    }, -1)
    const candidates = this.#commits.filter((commit) => commit.offset === offset && commit.endedAt >= newest)
    if (offset === NONE ? newest >= 0 : candidates.length === 0)
      this.#fail(`${this.name}: committed is ${offset}, which cannot be after ${this.#describe()}`)
    // What an earlier life left open is decided now: it did not happen, or it is what was told.
    this.#commits = this.#commits.filter(
      (commit) => commit.acknowledged || commit.life === life || candidates.includes(commit),
    )
    for (const commit of candidates) {
      if (commit.acknowledged) continue
      this.acknowledged(commit, Math.min(commit.endedAt, at), position, isDurable)
    }
  }

  #describe(): string {
    return this.#commits
      .slice(-8)
      .map(({ offset, acknowledged, durable, begunAt, endedAt }) => {
        const state = acknowledged ? (durable ? 'durable' : 'acknowledged') : 'open'
        return `${offset} (${state}, ${begunAt.toFixed(1)}..${endedAt.toFixed(1)})`
      })
      .join(', ')
  }
}
