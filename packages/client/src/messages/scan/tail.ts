import { pause } from '../../bounded.ts'
import { FilterError } from '../filter/cel-filter.ts'
import type { MessageRow } from '../message-row.ts'
import { judgeAnswer } from './fetch-answer.ts'
import { fetchBatches } from './fetch-batches.ts'
import type { MessageSource } from './message-source.ts'
import { byLeader, leadersOf } from './partition-leader.ts'
import { resolveRanges } from './resolve-ranges.ts'
import { readResumeToken, resumeToken, type ScanRequest } from './scan-request.ts'
import { ScanState } from './scan-state.ts'
import { offsetAfter } from './walk-batches.ts'

export interface TailRequest
  extends Pick<ScanRequest, 'topic' | 'partitions' | 'filter' | 'decoders' | 'readCommitted'> {
  /** Rows beyond these are counted, not sent. */
  readonly rowsPerSecondMax: number
  /** Where an earlier tail was [the end of each partition]. */
  readonly position?: string
}

/** What came since the last report. */
export interface TailReport {
  readonly rows: readonly MessageRow[]
  /** Matches since the tail began, and those of them that were left out to keep the rate. */
  readonly matched: number
  readonly dropped: number
  readonly scanned: number
  readonly undecided: number
  readonly undecidedReason: string | null
  /** Where the tail is, to be taken up again. */
  readonly position: string
  /** Set while the cluster does not answer. */
  readonly waitingFor: string | null
}

const REPORT_MS = 100
const RETRY_MS = 1_000
const WAIT_MS = 500
const FOREVER = 2 ** 52

/**
 * Follows a topic from its end on, until `signal`; gives what matches to `report` ten times a second at most. A cluster that
 * goes away is waited for.
 *
 * @throws FilterError, KafkaError where it cannot even begin
 */
export async function tail(
  source: MessageSource,
  request: TailRequest,
  report: (report: TailReport) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { partitions, position, rowsPerSecondMax } = request
  let topic = await source.topic(request.topic)
  const scanned: ScanRequest = {
    ...request,
    from: { kind: 'offset', offset: FOREVER },
    to: { kind: 'now' },
    limit: Number.MAX_SAFE_INTEGER,
  }
  const asked = leadersOf(topic, partitions).map(({ partition }) => partition)
  const resumed = position === undefined ? null : readResumeToken(position)
  if (position !== undefined && resumed === null) throw new FilterError('The place to follow from cannot be read.')
  const ends = resumed?.ranges ?? (await resolveRanges(source, topic, scanned, asked))
  const ranges = ends.map(({ partition, start }) => ({ partition, start, end: FOREVER }))
  const state = new ScanState(scanned, source, { rows: () => {}, progress: () => {} }, signal, ranges, 0)
  let rows: MessageRow[] = []
  let dropped = 0
  let room = rowsPerSecondMax
  let roomSince = performance.now()
  let waitingFor: string | null = null
  let told = ''

  const take = (make: () => MessageRow) => {
    const now = performance.now()
    if (now - roomSince >= 1_000) {
      roomSince = now
      room = rowsPerSecondMax
    }
    state.matched++
    if (room > 0) {
      room--
      rows.push(make())
    } else dropped++
    return true
  }

  const flush = async () => {
    const where = resumeToken(false, state.cursors, 0) ?? ''
    const key = `${where} ${waitingFor}`
    if (key === told) return
    told = key
    const given = rows
    rows = []
    const { matched, scanned, filter } = state
    await report({
      rows: given,
      matched,
      dropped,
      scanned,
      undecided: filter.undecided,
      undecidedReason: filter.firstProblem,
      position: where,
      waitingFor,
    })
  }

  const readAll = async () => {
    const leaders = leadersOf(topic, partitions)
    await Promise.all(
      byLeader(leaders).map(async (group) => {
        const positions = group.flatMap((leader) => {
          const cursor = state.cursors.find(({ partition }) => partition === leader.partition)
          return cursor === undefined ? [] : [{ ...leader, offset: cursor.start, cursor }]
        })
        if (positions.length === 0) return
        const fetched = await fetchBatches(source.cluster, request.topic, positions, {
          isolation: state.isolation,
          maxBytes: 4 * 1024 * 1024,
          partitionMaxBytes: 1024 * 1024,
          maxWaitMs: WAIT_MS,
        })
        for (const answer of fetched) {
          const cursor = positions.find(({ partition }) => partition === answer.partition)?.cursor
          if (cursor === undefined) continue
          const verdict = judgeAnswer(request.topic, answer)
          if (verdict === 'moved') topic = await source.topic(request.topic)
          else if (verdict === 'outOfRange') cursor.start = answer.logStartOffset
          else {
            const to = offsetAfter(answer, cursor.start)
            await state.evaluate(answer, cursor.start, to, (record) => take(() => state.row(record, answer.partition)))
            cursor.start = to
          }
        }
      }),
    )
  }

  await flush()
  let lastFlush = 0
  while (!signal.aborted) {
    try {
      await readAll()
      waitingFor = null
    } catch (error) {
      waitingFor = error instanceof Error ? error.message : String(error)
      await flush()
      await pause(RETRY_MS, signal)
      topic = await source.topic(request.topic).catch(() => topic)
      continue
    }
    const early = lastFlush + REPORT_MS - performance.now()
    if (early > 0) await pause(early, signal)
    if (signal.aborted) break
    await flush()
    lastFlush = performance.now()
  }
}
