import type { LetterPlace } from '../dead-letter.ts'
import type { ClaimRecord, JobControl, JobRecord, LeaseRecord, ResultRecord, StateRecord } from './jobs-record.ts'
import { readSteps } from './place-list.ts'

/** What became of a letter of a job. */
export const WAITING = 0
export const CLAIMED = 1
export const SENT = 2
export const FAILED = 3
export const SKIPPED = 4

/** A claim whose results are not known: what it names may have been sent. */
export interface OpenClaim {
  readonly record: ClaimRecord
  /** Under which it was to be sent. */
  readonly lease: LeaseRecord
}

export interface HeldLease {
  readonly record: LeaseRecord
  /** When its runner was last heard of, epoch milliseconds by that runner's clock. */
  seenMs: number
  isReleased: boolean
}

/** A job as the log tells it: each letter by its number in the plan. Written by the ledger alone. */
export class LedgerJob {
  readonly record: JobRecord
  /** Its number in this ledger, from 1. */
  readonly ordinal: number
  /** In the order of partitions and offsets. */
  readonly places: readonly LetterPlace[]
  readonly outcomes: Uint8Array
  /** Where each that was sent is: topic (a number in `targetTopics`), partition, offset; -1 for not known. */
  readonly targetTopics: string[] = []
  readonly sentTopic: Uint16Array
  readonly sentPartition: Int32Array
  readonly sentOffset: Float64Array
  /** Why each that failed or was skipped. */
  readonly reasons = new Map<number, string>()
  readonly counts = new Int32Array(5)
  /** By epoch and chunk. */
  readonly openClaims = new Map<string, OpenClaim>()
  /** Every key that belongs to it, for whoever deletes it. */
  readonly keys = new Set<string>()
  lease: HeldLease | null = null
  control: { action: JobControl; by: string } | null = null
  /** The last that its runner said; null when that was nothing but that it runs. */
  state: StateRecord | null = null
  /** Whether the canary was passed, or failed; null before. */
  canaryPassed: boolean | null = null
  cameBack = 0
  endedMs: number | null = null

  constructor(record: JobRecord, ordinal: number, places: readonly LetterPlace[]) {
    this.record = record
    this.ordinal = ordinal
    this.places = places
    this.outcomes = new Uint8Array(places.length)
    this.sentTopic = new Uint16Array(places.length)
    this.sentPartition = new Int32Array(places.length).fill(-1)
    this.sentOffset = new Float64Array(places.length).fill(-1)
    this.counts[WAITING] = places.length
  }

  /** How often it was taken over. */
  get epoch(): number {
    return this.lease?.record.epoch ?? 0
  }

  set(letter: number, outcome: number): void {
    this.counts[this.outcomes[letter]!]!--
    this.outcomes[letter] = outcome
    this.counts[outcome]!++
  }

  noteSent({ sent }: ResultRecord): void {
    for (const [topic, partition, first, letters] of sent) {
      let topicNumber = this.targetTopics.indexOf(topic)
      if (topicNumber < 0) topicNumber = this.targetTopics.push(topic) - 1
      let offset = first
      for (const letter of readSteps(letters)) {
        this.sentTopic[letter] = topicNumber
        this.sentPartition[letter] = partition
        this.sentOffset[letter] = offset
        if (offset >= 0) offset++
      }
    }
  }
}

export function claimKey(epoch: number, chunk: number): string {
  return `${epoch}/${chunk}`
}
