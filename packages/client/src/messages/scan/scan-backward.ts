import type { MessageRow } from '../message-row.ts'
import { judgeAnswer } from './fetch-answer.ts'
import { fetchBatches } from './fetch-batches.ts'
import { byLeader, type PartitionLeader } from './partition-leader.ts'
import { LeaderMoved, readable } from './scan-forward.ts'
import type { PartitionCursor, ScanState } from './scan-state.ts'
import { turn } from './turn.ts'
import { offsetAfter } from './walk-batches.ts'

const FETCH_BYTES_MAX = 4 * 1024 * 1024
const PARTITION_BYTES_MAX = 1024 * 1024
const WINDOW_MIN = 16
const WINDOW_MAX = 8_192

interface Walked extends PartitionLeader {
  readonly cursor: PartitionCursor
  /** Found and not given on yet, newest last. All of them lie at or above `cursor.end`. */
  pending: MessageRow[]
  window: number
}

/**
 * Reads every range from its end back, a window of offsets at a time, newest first. Without a filter the partitions are
 * merged by time, so that what comes is the newest of the topic; with one, what each round of windows found comes sorted.
 */
export async function scanBackward(state: ScanState, leaders: readonly PartitionLeader[]): Promise<void> {
  const first = Math.max(WINDOW_MIN, Math.ceil(state.request.limit / Math.max(1, leaders.length)))
  const walked: Walked[] = leaders.flatMap((leader) => {
    const cursor = state.cursors.find(({ partition, start, end }) => partition === leader.partition && start < end)
    return cursor === undefined ? [] : [{ ...leader, cursor, pending: [], window: Math.min(first, WINDOW_MAX) }]
  })
  const merges = state.filter.isEmpty
  try {
    while (!state.isFull && !state.signal.aborted) {
      const hungry = walked.filter(({ cursor, pending }) => cursor.start < cursor.end && pending.length === 0)
      if (hungry.length > 0) await Promise.all(byLeader(hungry).map((group) => readWindows(state, group)))
      const rows = give(state, walked, merges)
      if (rows.length > 0) await state.sink.rows(rows)
      if (rows.length === 0 && hungry.length === 0) return
      await turn()
    }
  } finally {
    // What was found and not given on is still to be found by whoever continues.
    for (const { cursor, pending } of walked) {
      const newest = pending.at(-1)
      if (newest === undefined) continue
      state.offsetsRead -= newest.offset + 1 - cursor.end
      cursor.end = newest.offset + 1
    }
  }
}

/** Takes from what is pending as much as may be given: by time over all partitions, newest first. */
function give(state: ScanState, walked: readonly Walked[], merges: boolean): MessageRow[] {
  const rows: MessageRow[] = []
  while (!state.isFull) {
    if (merges && walked.some(({ cursor, pending }) => pending.length === 0 && cursor.start < cursor.end)) break
    let newest: Walked | undefined
    for (const candidate of walked) {
      const row = candidate.pending.at(-1)
      if (row !== undefined && (newest === undefined || row.timestamp > newest.pending.at(-1)!.timestamp)) {
        newest = candidate
      }
    }
    if (newest === undefined) break
    rows.push(newest.pending.pop()!)
    state.matched++
  }
  return rows
}

/** Reads one window of each partition of a broker. Of what matches, the newest that can still be given is kept. */
async function readWindows(state: ScanState, group: readonly Walked[]): Promise<void> {
  const room = state.request.limit - state.matched
  const open = group.map((walked) => {
    const low = Math.max(walked.cursor.start, walked.cursor.end - walked.window)
    return { ...walked, walked, low, next: low, found: [] as MessageRow[] }
  })
  for (;;) {
    const positions = open.filter(({ next, cursor }) => next < cursor.end)
    if (positions.length === 0 || state.signal.aborted) break
    const fetched = await fetchBatches(
      state.source.cluster,
      state.request.topic,
      positions.map(({ leader, partition, next }) => ({ leader, partition, offset: next })),
      {
        isolation: state.isolation,
        maxBytes: FETCH_BYTES_MAX,
        partitionMaxBytes: PARTITION_BYTES_MAX,
        maxWaitMs: 100,
      },
    )
    for (const answer of fetched) {
      const part = open.find(({ partition }) => partition === answer.partition)
      if (part === undefined) continue
      const verdict = judgeAnswer(state.request.topic, answer)
      if (verdict === 'moved') throw new LeaderMoved()
      if (verdict === 'outOfRange') {
        if (answer.logStartOffset <= part.next) throw new LeaderMoved()
        state.note(`Partition ${part.partition} begins at ${answer.logStartOffset} by now: what was before is deleted.`)
        part.walked.cursor.start = Math.min(part.cursor.end, answer.logStartOffset)
        part.low = Math.max(part.low, part.walked.cursor.start)
        part.next = part.low
        continue
      }
      state.bytes += answer.records === null ? 0 : answer.records.end - answer.records.start
      const end = part.cursor.end
      await state.evaluate(answer, part.next, end, (record) => {
        part.found.push(state.row(record, answer.partition))
        if (part.found.length > room * 2) part.found.splice(0, part.found.length - room)
        return true
      })
      const atEnd = answer.records === null && part.next >= Math.min(end, readable(state, answer))
      part.next = atEnd ? end : offsetAfter(answer, part.next)
      await turn()
    }
  }
  if (state.signal.aborted) return
  for (const { walked, low, found } of open) {
    const kept = found.slice(-room)
    walked.pending = kept
    state.offsetsRead += walked.cursor.end - low
    walked.cursor.end = low
    walked.window = Math.min(WINDOW_MAX, walked.window * 2)
  }
}
