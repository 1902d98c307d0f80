import type { Log } from '@odradek/broker/src/storage/log.ts'
import { type ReadRecord, recordsIn } from '@odradek/broker/src/storage/testing/log-kit.ts'
import { errors } from '@odradek/protocol'
import { type LogModel, timestampOf } from './log-model.ts'

/** Producers without transactions, and the one with. */
export const SEQUENCED = [1, 2]
export const TRANSACTIONAL = 3

export type Fail = (problem: string) => void

/** A log that a new life opened, against what the model of it allows; the model is then what was found. */
export function checkOpened(log: Log, model: LogModel, fail: Fail): void {
  if (log.failed !== null) {
    fail(`cannot be opened: ${log.failed.message}`)
    return
  }
  const { endOffset, startOffset } = log
  const { ended } = model
  // Without any record it may begin where the one did that had its name before.
  if (endOffset === startOffset && model.records.size === 0 && model.end === 0) model.emptied(endOffset)
  const first = log.segments()[0]?.baseOffset ?? endOffset
  if (model.emptying >= 0 && endOffset === model.emptying && first === endOffset) model.emptied(endOffset)
  const least = { power: model.durable, process: Math.max(model.written, model.durable), clean: model.end }[ended]
  if (endOffset < least) fail(`ends at ${endOffset} after a ${ended} end, but had to reach ${least}`)
  if (endOffset > model.end) fail(`ends at ${endOffset}, beyond ${model.end}`)
  // One that lost all above its start begins anew there.
  if (!model.canEndAt(endOffset) && endOffset > startOffset) fail(`ends at ${endOffset}, within a batch`)
  const startMax = Math.max(model.start, model.emptying)
  if (startOffset > startMax) fail(`starts at ${startOffset}, and was only asked to at ${startMax}`)
  if (startOffset < Math.min(model.durableStart, endOffset))
    fail(`starts at ${startOffset}, but had been moved to ${model.durableStart}`)
  // A log that begins anew knows nothing of what was before.
  if (log.segments().length === 0) {
    model.records.clear()
    const known = [...log.producers()].map(({ producerId }) => producerId)
    if (known.length > 0) fail(`begins anew, and knows producers ${known.join(', ')}`)
  }
  // Nor does one whose start had been moved beyond all that was durable, or that was about to be emptied.
  if (model.emptying >= 0 || (startOffset === endOffset && startOffset > model.durable))
    model.producersFrom = Math.max(model.producersFrom, startOffset)
  model.found(endOffset, startOffset, ended !== 'process')
  checkContents(log, model, fail)
}

/** Everything in a log, and all that is derived from it. */
export function checkContents(log: Log, model: LogModel, fail: Fail): void {
  const found: ReadRecord[] = []
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const { errorCode, range } = log.read(offset, 4000, log.endOffset, true)
    if (errorCode !== 0) {
      fail(`cannot be read at ${offset}: error ${errorCode}`)
      return
    }
    if (range === null) break
    const next = recordsIn(log.readBatches(range), found, offset)
    if (next <= offset) {
      fail(`has no end of the batch at ${offset}`)
      return
    }
    offset = next
  }
  checkRecords(found, log.startOffset, log.endOffset, model, fail)
  checkTimes(log, found, model, fail)
  checkProducers(log, model, fail)
  checkEpochs(log, model, fail)
}

/** That look-ups by time find what reading finds. */
function checkTimes(log: Log, found: readonly ReadRecord[], model: LogModel, fail: Fail): void {
  const data = found.filter(({ offset }) => /data|transactional/.test(model.records.get(offset)?.kind ?? ''))
  const step = Math.max(1, Math.floor(data.length / 8))
  for (let at = 0; at < data.length; at += step) {
    const { offset } = data[at]!
    const told = log.offsetForTimestamp(timestampOf(offset), log.endOffset)?.offset
    if (told !== offset) fail(`has ${told} as the first offset of the time at ${offset}`)
  }
  const newest = data.at(-1)?.offset
  const told = log.maxTimestamp(log.endOffset)?.offset
  if (newest !== undefined && told !== newest) fail(`has ${told} as the newest record instead of ${newest}`)
}

/** Records read, those of `[from, to)`. */
export function checkRecords(
  found: readonly ReadRecord[],
  from: number,
  to: number,
  model: LogModel,
  fail: Fail,
): void {
  let expected = from
  for (const { offset, value } of found) {
    const record = model.records.get(offset)
    const id = value?.split(' ', 1)[0]
    if (record === undefined) fail(`has ${id} at ${offset}, where nothing is known to be`)
    else if ((record.kind === 'data' || record.kind === 'transactional') && record.id !== id)
      fail(`has ${id} at ${offset}, instead of ${record.id}`)
    // Compaction leaves holes.
    if (offset !== expected && !model.isCompacted) fail(`has offset ${offset} after ${expected - 1}`)
    expected = offset + 1
  }
  if (!model.isCompacted) {
    if (expected !== to) fail(`has records up to ${expected}, and its end is ${to}`)
    return
  }
  const offsets = new Set(found.map(({ offset }) => offset))
  for (const [offset, { key }] of model.records) {
    if (offset < Math.max(from, model.compactedTo) || offset >= to || offsets.has(offset)) continue
    fail(`lacks offset ${offset} (${key}), above what was compacted`)
  }
  for (const [key, offset] of model.newestOfKeys())
    if (offset >= Math.max(from, model.lostTo) && offset < to && !offsets.has(offset))
      fail(`lacks the newest record of ${key}, at ${offset}`)
}

/** Who wrote to it, and which transactions are open or were aborted. */
function checkProducers(log: Log, model: LogModel, fail: Fail): void {
  const known = new Map([...log.producers()].map((entry) => [entry.producerId, entry]))
  for (const producerId of model.isLossy ? [] : SEQUENCED) {
    const { sequence, offset } = model.lastOf(producerId)
    const entry = known.get(producerId)
    if (entry === undefined) {
      // Retention takes records, but not what is known of who wrote them.
      if (offset >= Math.min(log.startOffset, model.producersFrom))
        fail(`does not know producer ${producerId}, which wrote at ${offset}`)
    } else if (sequence >= 0 && entry.lastSequence !== sequence)
      fail(`knows sequence ${entry.lastSequence} of producer ${producerId}, and not ${sequence}`)
  }
  const { aborted, open } = model.transactions(TRANSACTIONAL)
  const stable = log.lastStableOffset(log.endOffset)
  if (open >= log.startOffset && stable !== open) fail(`is stable up to ${stable}; a transaction is open from ${open}`)
  if (open < 0 && stable !== log.endOffset) fail(`is stable up to ${stable}, and no transaction is open`)
  const told = log.abortedTransactions(log.startOffset, log.endOffset)
  const expected = aborted.filter(({ lastOffset }) => lastOffset >= log.startOffset && lastOffset < log.endOffset)
  const text = (all: readonly { producerId: number; firstOffset: number }[]) =>
    all.map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`).join(' ')
  // Of a transaction that began before the log's start nobody can tell where it did, once its beginning is gone.
  const whole = expected.filter(({ firstOffset }) => firstOffset >= log.startOffset)
  const ends = expected.filter((one) => !whole.includes(one)).map(({ lastOffset }) => lastOffset)
  const isEndOfOne = (offset: number) =>
    ends.some((end) => offset < end && !whole.some((one) => one.firstOffset === offset))
  const toldOfWhole = told.filter(({ firstOffset }) => firstOffset >= log.startOffset && !isEndOfOne(firstOffset))
  if (text(toldOfWhole) !== text(whole))
    fail(`tells of the aborted transactions ${text(told)} instead of ${text(expected)}`)
}

function checkEpochs(log: Log, model: LogModel, fail: Fail): void {
  let last = -1
  for (const { epoch, startOffset } of log.epochs) {
    // An empty log keeps the epoch that it ended with.
    if (startOffset > log.endOffset || (startOffset === log.endOffset && startOffset > log.startOffset))
      fail(`has epoch ${epoch} from ${startOffset}, beyond its end`)
    if (startOffset <= last) fail(`has epoch ${epoch} from ${startOffset}, after ${last}`)
    last = startOffset
    if (startOffset <= Math.max(log.startOffset, model.startEver)) continue
    const record = model.records.get(startOffset)
    if (record === undefined || record.leaderEpoch !== epoch || record.baseOffset !== startOffset)
      fail(`has epoch ${epoch} from ${startOffset}, where there is ${record?.leaderEpoch}`)
  }
  const newest = model.records.get(log.endOffset - 1)
  const isKnown = log.endOffset > Math.max(log.startOffset, model.startEver)
  if (newest !== undefined && isKnown && log.epochs.at(-1)?.epoch !== newest.leaderEpoch)
    fail(`has ${log.epochs.at(-1)?.epoch} as its newest epoch instead of ${newest.leaderEpoch}`)
}

/** A read as a consumer does it, from any offset. */
export function checkRead(log: Log, model: LogModel, offset: number, maxBytes: number, fail: Fail): void {
  const isOutside = offset < log.startOffset || offset > log.endOffset
  const { errorCode, range } = log.read(offset, maxBytes, log.endOffset, true)
  if (log.failed !== null) {
    if (errorCode !== errors.KAFKA_STORAGE_ERROR.code) fail(`failed, and a read got error ${errorCode}`)
    return
  }
  if (errorCode !== (isOutside ? errors.OFFSET_OUT_OF_RANGE.code : 0))
    fail(`answers ${errorCode} to a read at ${offset}`)
  if (range === null) {
    if (!isOutside && offset < log.endOffset && !model.isCompacted) fail(`has nothing at ${offset}`)
    return
  }
  const found: ReadRecord[] = []
  const next = recordsIn(log.readBatches(range), found, offset)
  if (!model.isCompacted) checkRecords(found, offset, next, model, fail)
}
