/** Rebuilding what a log knows of its producers: the newest snapshot, then the batches that follow it. */
import { readBatchHeader, viewOf } from '@odradek/protocol'
import { batchScanner } from './batch-scanner.ts'
import { controlRecordOf } from './control-record-of.ts'
import type { LogPlace } from './log-place.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { fileName, parseFileName, SNAPSHOT_SUFFIX } from './segment-files.ts'
import type { SegmentList } from './segment-list.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** The offsets of the snapshots among the files of a directory, rising. */
export function snapshotOffsets(names: readonly string[]): number[] {
  const offsets: number[] = []
  for (const name of names) {
    const parsed = parseFileName(name)
    if (parsed !== null && parsed.state === '' && parsed.kind === SNAPSHOT_SUFFIX) offsets.push(parsed.offset)
  }
  return offsets.sort((a, b) => a - b)
}

/**
 * The producers as of `offset`: the newest readable of `snapshots` at or below it, and a replay of what lies between. A
 * damaged snapshot is removed.
 */
export function producersAt(
  place: LogPlace,
  segments: SegmentList,
  snapshots: readonly number[],
  offset: number,
): ProducerState {
  const { disk, directory, logger } = place
  const producers = new ProducerState()
  let from = -1
  for (let at = snapshots.length - 1; at >= 0 && from < 0; at--) {
    if (snapshots[at]! > offset) continue
    const path = `${directory}/${fileName(snapshots[at]!, SNAPSHOT_SUFFIX)}`
    const bytes = disk.readFile(path)
    if (bytes === null) continue
    const found = decodeSnapshot(bytes)
    if (typeof found === 'string') {
      logger.warn({ snapshot: path, problem: found }, 'A producer snapshot is damaged: an older one is used.')
      disk.remove(path)
      continue
    }
    producers.load(found)
    from = snapshots[at]!
  }
  for (let at = Math.max(0, segments.floorIndex(from)); at < segments.length; at++) {
    const segment = segments.at(at)!
    if (segment.baseOffset >= offset) break
    replaySegment(segment, from, offset, producers)
  }
  return producers
}

/** Applies the batches of a segment that begin in `[from, to)`. Returns the transactions aborted in them. */
export function replaySegment(
  segment: Segment,
  from: number,
  to: number,
  producers: ProducerState,
): AbortedTransaction[] {
  const aborted: AbortedTransaction[] = []
  const { file } = segment
  batchScanner.open(file, from <= segment.baseOffset ? 0 : segment.offsets.positionFor(from), segment.size)
  while (batchScanner.next()) {
    const { header } = batchScanner
    if (header.baseOffset >= to) break
    if (header.baseOffset < from || header.producerId < 0) continue
    let control = null
    if (header.isControl) {
      const batch = Buffer.allocUnsafe(header.sizeInBytes)
      file.read(batch, 0, batch.length, batchScanner.position)
      const view = viewOf(batch)
      readBatchHeader(view, 0, header)
      control = controlRecordOf({ buffer: batch, view, start: 0, end: batch.length })
    }
    const ended = producers.apply(header, control)
    if (ended !== null) aborted.push(ended)
  }
  return aborted
}
