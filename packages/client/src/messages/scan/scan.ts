import { KafkaError, UnreachableError, UnsupportedError } from '../../cluster-errors.ts'
import { FilterError } from '../filter/cel-filter.ts'
import type { MessageSource } from './message-source.ts'
import { leaderless, leadersOf } from './partition-leader.ts'
import { resolveRanges } from './resolve-ranges.ts'
import { scanBackward } from './scan-backward.ts'
import { LeaderMoved, scanForward } from './scan-forward.ts'
import { readResumeToken, type ScanProgress, type ScanRequest } from './scan-request.ts'
import { type ScanSink, ScanState } from './scan-state.ts'

/** Rows that one scan may give. */
export const SCAN_ROWS_MAX = 10_000
const PROGRESS_MS = 200
const ATTEMPTS_MAX = 5
const RETRY_MS = 500

/**
 * Reads the messages between two bounds and gives those that match to `sink`, as they are found; tells how far it is five
 * times a second, and once at its end. What came stays good however it ends: the last progress says how to continue.
 *
 * @throws FilterError, KafkaError where the scan cannot even begin
 */
export async function scan(
  source: MessageSource,
  request: ScanRequest,
  sink: ScanSink,
  signal: AbortSignal,
): Promise<ScanProgress> {
  const backward = request.from.kind === 'newest'
  const resumed = request.resume === undefined ? null : readResumeToken(request.resume)
  if (request.resume !== undefined && resumed?.backward !== backward) {
    throw new FilterError('The place to continue from does not belong to this search. Start it anew.')
  }
  let topic = await source.topic(request.topic)
  const leaders = () => leadersOf(topic, request.partitions)
  const asked = leaders().map(({ partition }) => partition)
  const ranges = resumed?.ranges ?? (await resolveRanges(source, topic, request, asked))
  const state = new ScanState(request, source, sink, signal, ranges, resumed?.offsetsTotal ?? null)
  for (const partition of leaderless(topic, request.partitions)) {
    state.note(`Partition ${partition} has no leader and was not read.`)
  }
  sink.progress(state.progress(null))
  const timer = setInterval(() => sink.progress(state.progress(null)), PROGRESS_MS)
  let failure: string | null = null
  let isAway = false
  try {
    for (let attempt = 1; ; attempt++) {
      const before = state.offsetsRead
      try {
        await (backward ? scanBackward(state, leaders()) : scanForward(state, leaders()))
        break
      } catch (error) {
        if (state.offsetsRead > before) attempt = 1
        if (attempt >= ATTEMPTS_MAX || signal.aborted || !isPassing(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        topic = await source.topic(request.topic)
      }
    }
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
    isAway = error instanceof UnreachableError || error instanceof LeaderMoved
  } finally {
    clearInterval(timer)
  }
  const isLeft = state.cursors.some(({ start, end }) => start < end)
  const end = failure !== null ? 'failed' : !isLeft ? 'end' : state.isFull ? 'limit' : 'stopped'
  const last = state.progress(end, failure, isAway)
  sink.progress(last)
  return last
}

/** Whether trying again may help: a leader moved, or a connection broke. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof LeaderMoved ||
    !(error instanceof KafkaError || error instanceof UnsupportedError || error instanceof FilterError)
  )
}
