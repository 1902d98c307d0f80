/** A look at what waits, and orders about it: for people, through the admin listener. */
import { errors } from '@odradek/protocol'
import type { Timers } from '../host/clock.ts'
import { DEAD } from './intake-note.ts'
import type { PartitionIntake } from './partition-intake.ts'
import { RETRY_DUE } from './retry/retry-rules.ts'
import type { StoredRecord } from './stored-record.ts'
import { DELAY_DUE_TIME } from './timer-headers.ts'

/** Records that are looked for; what is left out does not narrow. */
export interface WaitingQuery {
  readonly partition?: number
  /** The key as text. */
  readonly key?: string
  /** Due at or after, and before: epoch milliseconds. */
  readonly from?: number
  readonly to?: number
  /** The most that are found. */
  readonly limit: number
}

export interface WaitingRecord {
  readonly partition: number
  /** The intake offset: what the producer was answered. */
  readonly offset: number
  /** Epoch milliseconds. */
  readonly due: number
  readonly isDeadLetter: boolean
  readonly key: string | null
  readonly valueBytes: number
  /** The time that its client gave it. */
  readonly bornTimestamp: number
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

export interface WaitingList {
  /** All that wait in the partitions looked at. */
  readonly waiting: number
  /** By due time. */
  readonly records: readonly WaitingRecord[]
  /** Whether there may be more than `limit`, or more was to be read than is read at once. */
  readonly isCut: boolean
}

export interface OrderResult {
  readonly matched: number
  readonly done: number
  /** Not waiting any more, or being delivered. */
  readonly skipped: number
  readonly failed: number
}

interface Entry {
  readonly intake: PartitionIntake
  readonly offset: number
  readonly due: number
  readonly isDeadLetter: boolean
}

/** Bodies read between two pauses, and altogether for one query. */
const BODIES_AT_ONCE = 200
const BODIES_MAX = 50_000
const HEADER_CHARACTERS_MAX = 1_000

/** The records of some partitions that a query finds, the next due first. */
export async function listWaiting(
  intakes: readonly PartitionIntake[],
  query: WaitingQuery,
  timers: Timers,
): Promise<WaitingList> {
  const asked = intakes.filter(({ index }) => query.partition === undefined || query.partition === index)
  const waiting = asked.reduce((sum, { waitingCount }) => sum + waitingCount, 0)
  // With a key bodies decide, and more are looked at than are found.
  const candidates = firstDue(asked, query, query.key === undefined ? query.limit + 1 : BODIES_MAX + 1)
  const records: WaitingRecord[] = []
  for (let at = 0; at < candidates.length && at < BODIES_MAX && records.length < query.limit; at += BODIES_AT_ONCE) {
    if (at > 0) await new Promise<void>((resolve) => timers.after(0, resolve))
    for (const { entry, record } of readBodies(candidates.slice(at, at + BODIES_AT_ONCE))) {
      const found = describe(entry, record)
      if (query.key !== undefined && found.key !== query.key) continue
      if (records.length < query.limit) records.push(found)
    }
  }
  const isCut = candidates.length > BODIES_MAX || (records.length === query.limit && candidates.length > query.limit)
  return { waiting, records, isCut }
}

/** Recalls records, delivers them now, or makes dead letters of them. The result is known once it is committed. */
export async function orderWaiting(
  intakes: readonly PartitionIntake[],
  order: 'recall' | 'deliverNow' | 'bury',
  records: readonly { readonly partition: number; readonly offset: number }[],
): Promise<OrderResult> {
  let done = 0
  let failed = 0
  const unique = new Map(records.map((record) => [`${record.partition} ${record.offset}`, record]))
  for (const [partition, chosen] of Map.groupBy(unique.values(), (record) => record.partition)) {
    const intake = intakes.find(({ index }) => index === partition)
    if (intake === undefined) {
      failed += chosen.length
      continue
    }
    const offsets = chosen.map(({ offset }) => offset)
    const { errorCode, count } = await new Promise<{ errorCode: number; count: number }>((resolve) =>
      intake[order](offsets, (code, ordered) => resolve({ errorCode: code, count: ordered.length })),
    )
    if (errorCode === errors.NONE.code) done += count
    else failed += chosen.length
  }
  return { matched: unique.size, done, skipped: unique.size - done - failed, failed }
}

/** One record that waits, in full: payloads and header values as base64. */
export interface WholeWaitingRecord
  extends Pick<WaitingRecord, 'partition' | 'offset' | 'due' | 'isDeadLetter' | 'bornTimestamp'> {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

/** The record that was accepted at `offset`; null where it does not wait, or is being delivered. */
export function wholeRecord(intake: PartitionIntake, offset: number): WholeWaitingRecord | null {
  const { machine, index } = intake
  if (!machine.isWaiting(offset) || machine.isFlying(offset)) return null
  const record = intake.bodies([offset]).get(offset)
  if (record === undefined) return null
  // What was retried says when itself; asking its rules would move the order of its key.
  const told = record.headerText(RETRY_DUE)
  const due = told === null ? (intake.bodies([offset], true).get(offset)?.due ?? -1) : Number(told)
  const isDeadLetter = machine.laneOf(offset) === DEAD
  return {
    partition: index,
    offset,
    due,
    isDeadLetter,
    bornTimestamp: record.timestamp,
    key: record.key?.toString('base64') ?? null,
    value: record.value?.toString('base64') ?? null,
    headers: record.headers
      .map(({ key, value }) => ({ key: key.toString('utf8'), value: value?.toString('base64') ?? null }))
      .filter(({ key }) => key !== DELAY_DUE_TIME),
  }
}

/** The `count` entries that are due first, in order. */
function firstDue(
  intakes: readonly PartitionIntake[],
  { from = 0, to = Number.POSITIVE_INFINITY }: WaitingQuery,
  count: number,
): Entry[] {
  let kept: Entry[] = []
  let limit = Number.POSITIVE_INFINITY
  for (const intake of intakes) {
    for (const { due, offset, lane } of intake.machine.entries()) {
      if (due < from || due >= to || due > limit) continue
      kept.push({ intake, offset, due, isDeadLetter: lane === DEAD })
      if (kept.length < 2 * count) continue
      kept = kept.sort(byDue).slice(0, count)
      limit = kept.at(-1)!.due
    }
  }
  return withoutRepeats(kept.sort(byDue)).slice(0, count)
}

/** A record that was rescheduled is there under both times; the first counts. */
function withoutRepeats(entries: readonly Entry[]): Entry[] {
  const seen = new Map<PartitionIntake, Set<number>>()
  return entries.filter(({ intake, offset }) => {
    const offsets = seen.get(intake) ?? new Set<number>()
    seen.set(intake, offsets)
    if (offsets.has(offset)) return false
    offsets.add(offset)
    return true
  })
}

function byDue(a: Entry, b: Entry): number {
  return a.due - b.due || a.intake.index - b.intake.index || a.offset - b.offset
}

/** Entries with their bodies, in the order given; those that have gone meanwhile are left out. */
function readBodies(entries: readonly Entry[]): { entry: Entry; record: StoredRecord }[] {
  const bodies = new Map<PartitionIntake, Map<number, StoredRecord>>()
  for (const [intake, chosen] of Map.groupBy(entries, (entry) => entry.intake)) {
    const there = chosen.map(({ offset }) => offset).filter((offset) => intake.machine.isWaiting(offset))
    bodies.set(intake, intake.bodies(there))
  }
  return entries.flatMap((entry) => {
    const record = bodies.get(entry.intake)?.get(entry.offset)
    return record === undefined ? [] : [{ entry, record }]
  })
}

function describe({ intake, offset, due, isDeadLetter }: Entry, record: StoredRecord): WaitingRecord {
  return {
    partition: intake.index,
    offset,
    due,
    isDeadLetter,
    key: record.key === null ? null : Buffer.from(record.key).toString('utf8'),
    valueBytes: record.value?.length ?? 0,
    bornTimestamp: record.timestamp,
    headers: record.headers.map(({ key, value }) => ({
      key: key.toString('utf8'),
      value: value?.toString('utf8').slice(0, HEADER_CHARACTERS_MAX) ?? null,
    })),
  }
}
