/** What the tests of the log share: a machine with a data directory, logs in it, batches to put there. */
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveTopicConfig } from '@odradek/config'
import {
  BatchHeader,
  type BatchOptions,
  type EndTransactionMarker,
  encodeBatch,
  encodeEndTransactionMarker,
  RecordCursor,
  type RecordInput,
  readBatchHeader,
  sliceOf,
} from '@odradek/protocol'
import { type Logger, pino } from 'pino'
import type { Clock } from '../../host/clock.ts'
import type { Disk } from '../../host/disk.ts'
import { createNodeDisk } from '../../host/node/disk.ts'
import { DiskRoom } from '../disk-room.ts'
import { FlushTally } from '../flush-tally.ts'
import { Log } from '../log.ts'
import type { LogPlace } from '../log-place.ts'
import { RecencyBound } from '../recency-bound.ts'
import { KeptStages } from '../stage.ts'

export const TOPIC_ID = 'AAAAAAAAQACAAAAAAAAAAQ'
export const quiet = pino({ level: 'silent' })

/** A clock that stands still until it is set. */
export class TestClock implements Clock {
  time: number

  constructor(time = 1_700_000_000_000) {
    this.time = time
  }

  now(): number {
    return this.time
  }

  monotonic(): number {
    return this.time
  }
}

export interface Bench extends Disposable {
  readonly disk: Disk
  readonly clock: TestClock
  /** The data directory, fresh and empty. */
  readonly directory: string
}

/** Where files are in memory, on systems that have such a place: a sync costs nothing there. */
const MEMORY = '/dev/shm'

/**
 * A fresh data directory on the real file system; `inMemory`: on one in memory, where there is one, for tests that open logs by
 * the thousand.
 */
export function nodeBench({ inMemory = false } = {}): Bench {
  const parent = inMemory && isWritable(MEMORY) ? MEMORY : tmpdir()
  const directory = mkdtempSync(join(parent, 'odradek-log-'))
  return {
    disk: createNodeDisk(),
    clock: new TestClock(),
    directory,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

export interface LogUnderTest {
  readonly config?: Record<string, string>
  readonly clean?: boolean
  readonly recoveryPoint?: number
  readonly startOffset?: number
  readonly openFiles?: RecencyBound
  /** That of the other logs of a directory [its own]. */
  readonly room?: DiskRoom
  readonly producerIdsMax?: number
  readonly markBytes?: number
  readonly cut?: () => void
  /** A cut that nobody waits for begins [it is done with at once]. */
  readonly cutLater?: LogPlace['cutLater']
  readonly logger?: Logger
}

/** What a log of `openLog` keeps of the indexes of closed segments. */
export const LOG_KIT_INDEXES_BYTES_MAX = 2_000

/** Opens the log `t-0`. */
export function openLog(bench: Pick<Bench, 'disk' | 'directory'> & { clock: Clock }, options: LogUnderTest = {}): Log {
  const { disk } = bench
  const place: LogPlace = {
    disk,
    clock: bench.clock,
    openFiles: options.openFiles ?? new RecencyBound(100),
    loadedIndexes: new RecencyBound(LOG_KIT_INDEXES_BYTES_MAX),
    journal: null,
    tally: new FlushTally(),
    keptStages: new KeptStages(1024 * 1024),
    room: options.room ?? new DiskRoom(bench.clock, quiet, bench.directory),
    producerIdsMax: options.producerIdsMax ?? 1000,
    logger: options.logger ?? quiet,
    directory: `${bench.directory}/t-0`,
    indexIntervalBytes: 4096,
    discard(paths, segments) {
      for (const segment of segments) segment.close()
      for (const path of paths) disk.remove(path)
    },
    markBytes: () => options.markBytes ?? 1024 * 1024,
    flushed: () => {},
    damaged: () => {},
    unreadable: () => {},
    cut: options.cut ?? (() => {}),
    cutLater: options.cutLater ?? ((cut) => cut.finishNow()),
  }
  return Log.open({
    place,
    topic: 't',
    partition: 0,
    topicId: TOPIC_ID,
    config: resolveTopicConfig(options.config ?? {}),
    clean: options.clean ?? true,
    recoveryPoint: options.recoveryPoint ?? 0,
    startOffset: options.startOffset ?? 0,
    isJournaled: false,
    isSyncedTogether: false,
    producerIdExpirationMs: 86_400_000,
  })
}

/** Appends one batch as a leader does and returns a copy of the answer. */
export function append(log: Log, batch: Buffer, leaderEpoch = 0) {
  const slice = sliceOf(batch)
  const header = new BatchHeader()
  readBatchHeader(slice.view, 0, header)
  return { ...log.append(slice, header, leaderEpoch) }
}

/** Appends records in one batch. */
export function appendRecords(log: Log, records: readonly RecordInput[], options: BatchOptions = {}, leaderEpoch = 0) {
  return append(log, encodeBatch({ ...options, records }), leaderEpoch)
}

/** Appends the end of a producer's transaction. */
export function appendMarker(log: Log, marker: EndTransactionMarker, leaderEpoch = 0) {
  return append(log, encodeEndTransactionMarker(marker), leaderEpoch)
}

/** Batch number `index` of a made-up log: one to five records, some large, timestamps that rise by ten. */
export function sampleBatch(index: number, options: BatchOptions = {}): Buffer {
  const count = 1 + (index % 5)
  const records: RecordInput[] = []
  for (let at = 0; at < count; at++) {
    const bytes = index % 7 === 0 ? 3000 : 20 + index
    records.push({
      key: `k${index % 11}`,
      value: Buffer.alloc(bytes, 65 + (index % 26)),
      timestamp: 1000 + index * 10 + at,
    })
  }
  return encodeBatch({ ...options, records })
}

export interface ReadRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

/** All records in `[from, upTo)` by reading as a consumer does: `maxBytes` at a time. */
export function readAll(log: Log, from = log.startOffset, upTo = log.endOffset, maxBytes = 1_000_000): ReadRecord[] {
  const records: ReadRecord[] = []
  for (let offset = from; offset < upTo; ) {
    const { errorCode, range } = log.read(offset, maxBytes, upTo, true)
    if (errorCode !== 0) throw new Error(`read at ${offset}: error ${errorCode}`)
    if (range === null) break
    const bytes = log.readBatches(range)
    const next = recordsIn(bytes, records, offset)
    if (next <= offset) throw new Error(`no progress at ${offset}`)
    offset = next
  }
  return records
}

/** Decodes whole batches into `records`, those from `from` on; returns the offset after the last batch. */
export function recordsIn(bytes: Buffer, records: ReadRecord[], from = 0): number {
  const cursor = new RecordCursor()
  const slice = sliceOf(bytes)
  let nextOffset = -1
  for (let start = 0; start < bytes.length; start += cursor.header.sizeInBytes) {
    cursor.open({ ...slice, start })
    nextOffset = cursor.header.nextOffset
    while (cursor.next()) {
      if (cursor.offset < from) continue
      const { offset, timestamp } = cursor
      records.push({
        offset,
        timestamp,
        key: cursor.key()?.toString() ?? null,
        value: cursor.value()?.toString() ?? null,
      })
    }
  }
  return nextOffset
}
