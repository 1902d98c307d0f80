/** Finds dead letters as messages are found, and by what they say of themselves and what was done about them. */
import type { RecordCursor } from '@odradek/protocol'
import { KafkaError } from '../cluster-errors.ts'
import type { MessageRow } from '../messages/message-row.ts'
import type { MessageSource } from '../messages/scan/message-source.ts'
import { scan } from '../messages/scan/scan.ts'
import type { ScanProgress, ScanRequest } from '../messages/scan/scan-request.ts'
import { JobsLedger } from './jobs/jobs-ledger.ts'
import { jobsLogOf } from './jobs/jobs-log.ts'
import { LetterMarks, stateOfMark } from './jobs/letter-marks.ts'
import { type BriefMeaning, briefMeaningOf, type LetterMeaning, meaningOf } from './letter-meaning.ts'
import { LetterFilter, type LetterState, type LetterWhere } from './letter-where.ts'

export interface LetterScanRequest extends ScanRequest {
  readonly where?: LetterWhere
}

/** A letter in a list. */
export interface LetterRow extends MessageRow {
  readonly meaning: LetterMeaning
  readonly state: LetterState
}

export interface LetterScanSink {
  rows(rows: readonly LetterRow[]): void | Promise<void>
  progress(progress: ScanProgress): void
}

/** Told of a letter that matches; false keeps it from being made into a row. */
export type LetterVisit = (cursor: RecordCursor, partition: number, brief: BriefMeaning, state: LetterState) => boolean

/** As `scan`; rows tell what is known of each letter. */
export async function scanLetters(
  source: MessageSource,
  request: LetterScanRequest,
  sink: LetterScanSink,
  signal: AbortSignal,
): Promise<ScanProgress> {
  const told = new Map<string, { meaning: LetterMeaning; state: LetterState }>()
  const take = (row: MessageRow): LetterRow => {
    const place = `${row.partition}@${row.offset}`
    const found = told.get(place)!
    told.delete(place)
    return { ...row, ...found }
  }
  const visit: LetterVisit = (cursor, partition, _, state) => {
    told.set(`${partition}@${cursor.offset}`, { meaning: meaningOf(cursor), state })
    return true
  }
  const rows = (found: readonly MessageRow[]) => sink.rows(found.map(take))
  return visitLetters(source, request, visit, { rows, progress: (progress) => sink.progress(progress) }, signal)
}

/** Tells `visit` of each letter that matches; those it wants come as rows, too. */
export async function visitLetters(
  source: MessageSource,
  request: LetterScanRequest,
  visit: LetterVisit,
  sink: { rows(rows: readonly MessageRow[]): void | Promise<void>; progress(progress: ScanProgress): void },
  signal: AbortSignal,
): Promise<ScanProgress> {
  const [{ marks }, topic] = await Promise.all([ledgerSeen(source), source.topic(request.topic)])
  const topicMarks = marks.of(LetterMarks.topicKey(topic.name, topic.id))
  const filter = new LetterFilter(request.where ?? {})
  const wants = (cursor: RecordCursor, partition: number): boolean => {
    const { offset, timestamp } = cursor
    const brief = briefMeaningOf(cursor)
    const state = stateOfMark(topicMarks?.get(partition)?.get(offset) ?? 0)
    return filter.matches({ partition, offset }, timestamp, brief, state.kind) && visit(cursor, partition, brief, state)
  }
  return scan(source, request, { ...sink, wants }, signal)
}

/** Whoever may not read the jobs may read the letters all the same; all of them count as new then. */
async function ledgerSeen({ cluster }: MessageSource): Promise<JobsLedger> {
  try {
    return await jobsLogOf(cluster).sync()
  } catch (error) {
    if (error instanceof KafkaError && error.errorName.endsWith('AUTHORIZATION_FAILED')) return new JobsLedger()
    throw error
  }
}
