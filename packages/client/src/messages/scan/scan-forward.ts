import type { MessageRow } from '../message-row.ts'
import { judgeAnswer } from './fetch-answer.ts'
import { type FetchedPartition, type FetchPosition, fetchBatches } from './fetch-batches.ts'
import { byLeader, type PartitionLeader } from './partition-leader.ts'
import type { PartitionCursor, ScanState } from './scan-state.ts'
import { turn } from './turn.ts'
import { offsetAfter } from './walk-batches.ts'

const FETCH_BYTES_MAX = 4 * 1024 * 1024
const PARTITION_BYTES_MAX = 1024 * 1024
const ROWS_AT_ONCE = 200

/** Thrown where a partition is led by another broker by now: look the leaders up again and go on. */
export class LeaderMoved extends Error {}

/**
 * Reads every range from its start on: one Fetch per broker after another, the next one under way while the last is
 * looked at, so that two answers are in memory at most.
 */
export async function scanForward(state: ScanState, leaders: readonly PartitionLeader[]): Promise<void> {
  const open = leaders.flatMap((leader) => {
    const cursor = state.cursors.find(({ partition, start, end }) => partition === leader.partition && start < end)
    return cursor === undefined ? [] : [{ ...leader, cursor, next: cursor.start }]
  })
  await Promise.all(byLeader(open).map((group) => readGroup(state, group)))
}

interface OpenPartition extends PartitionLeader {
  readonly cursor: PartitionCursor
  /** The next offset to ask for; `cursor.start` is the next one to look at. */
  next: number
}

async function readGroup(state: ScanState, group: OpenPartition[]): Promise<void> {
  let pending = ask(state, group)
  while (pending !== null) {
    const fetched = await pending
    if (state.signal.aborted || state.isFull) return
    for (const answer of fetched) noteProgress(state, group, answer)
    pending = ask(state, group)
    // Whoever stops waiting for it must not leave it unheard.
    pending?.catch(() => {})
    for (const answer of fetched) {
      const partition = group.find((candidate) => candidate.partition === answer.partition)
      if (partition !== undefined && !(await look(state, partition, answer))) return
    }
  }
}

function ask(state: ScanState, group: OpenPartition[]): Promise<FetchedPartition[]> | null {
  const open = group.filter(({ next, cursor }) => next < cursor.end)
  if (open.length === 0) return null
  // Who was asked for first gets most; the next time it is another's turn.
  group.push(group.shift()!)
  const positions: FetchPosition[] = group
    .filter(({ next, cursor }) => next < cursor.end)
    .map(({ leader, partition, next }) => ({ leader, partition, offset: next }))
  return fetchBatches(state.source.cluster, state.request.topic, positions, {
    isolation: state.isolation,
    maxBytes: FETCH_BYTES_MAX,
    partitionMaxBytes: PARTITION_BYTES_MAX,
    maxWaitMs: 100,
  })
}

function noteProgress(state: ScanState, group: OpenPartition[], answer: FetchedPartition): void {
  const partition = group.find((candidate) => candidate.partition === answer.partition)
  if (partition === undefined) return
  const verdict = judgeAnswer(state.request.topic, answer)
  if (verdict === 'moved') throw new LeaderMoved()
  if (verdict === 'outOfRange') {
    if (answer.logStartOffset <= partition.next) throw new LeaderMoved()
    state.note(
      `Partition ${partition.partition} begins at ${answer.logStartOffset} by now: what was before is deleted.`,
    )
    const to = Math.min(partition.cursor.end, answer.logStartOffset)
    state.offsetsRead += to - partition.cursor.start
    partition.cursor.start = to
    partition.next = to
    return
  }
  state.bytes += answer.records === null ? 0 : answer.records.end - answer.records.start
  const after = offsetAfter(answer, partition.next)
  // An answer without records below the end of what can be read: nothing is left there.
  const atEnd = answer.records === null && partition.next >= Math.min(partition.cursor.end, readable(state, answer))
  partition.next = atEnd ? partition.cursor.end : after
}

/** The offset up to which a partition can be read: the high watermark, or the last stable offset. */
export function readable(state: ScanState, { highWatermark, lastStableOffset }: FetchedPartition): number {
  return state.isolation === 1 && lastStableOffset >= 0 ? lastStableOffset : highWatermark
}

/** Looks at an answer; false when the scan is over. */
async function look(state: ScanState, { cursor, next }: OpenPartition, answer: FetchedPartition): Promise<boolean> {
  let rows: MessageRow[] = []
  const upTo = Math.min(next, cursor.end)
  while (cursor.start < upTo) {
    const reached = await state.evaluate(answer, cursor.start, upTo, (record) => {
      rows.push(state.row(record, answer.partition))
      state.matched++
      return !state.isFull && rows.length < ROWS_AT_ONCE
    })
    state.offsetsRead += reached - cursor.start
    cursor.start = reached
    if (rows.length > 0) {
      await state.sink.rows(rows)
      rows = []
    }
    if (state.isFull) return false
    await turn()
    if (state.signal.aborted) return false
  }
  return true
}
