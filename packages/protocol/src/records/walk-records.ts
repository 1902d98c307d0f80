import { native } from '@odradek/native'
import { errors } from '../errors.ts'
import { NO_TIMESTAMP } from './batch.ts'
import type { Validation } from './validation.ts'
import { varintAt, varintLength, varlongAt, varlongLength } from './varint.ts'

/**
 * Length, attributes, timestamp delta, offset delta, key length, value length, header count: one byte each at least.
 * The length does not count itself.
 */
export const RECORD_BYTES_MIN = 7

/** From this many records on the addon walks them: its call costs as much as five records do here, and each of them a third. */
const NATIVE_RECORDS_MIN = 8

/**
 * Walks the inflated records in `buffer[start, end)`: there are `count` of them and nothing else, every length stays in
 * its record and every record in the batch, keys, values and headers fill their record, offset deltas count from 0,
 * timestamps lie in [earliest, latest] or are missing. With `keysRequired` a null key is refused.
 *
 * Leaves the greatest timestamp in `into`, or the refusal and the records to blame; returns whether all is well. Bytes that
 * are not records end the walk; keys and timestamps that are refused do not, so that every such record is named.
 * Nothing is allocated for a record that is well.
 */
export function walkRecords(
  buffer: Uint8Array,
  start: number,
  end: number,
  count: number,
  baseTimestamp: number,
  earliest: number,
  latest: number,
  keysRequired: boolean,
  into: Validation,
): boolean {
  if (native !== null && count >= NATIVE_RECORDS_MIN) {
    const greatest = native.walkRecords(buffer, start, end, count, baseTimestamp, earliest, latest, keysRequired)
    // What is not plainly well there is walked again for the words that say what is wrong.
    if (!Number.isNaN(greatest)) return into.noteWalked(greatest)
  }
  return walkRecordsInScript(buffer, start, end, count, baseTimestamp, earliest, latest, keysRequired, into)
}

/** The same without native code. */
export function walkRecordsInScript(
  buffer: Uint8Array,
  start: number,
  end: number,
  count: number,
  baseTimestamp: number,
  earliest: number,
  latest: number,
  keysRequired: boolean,
  into: Validation,
): boolean {
  let at = start
  let maxTimestamp = NO_TIMESTAMP
  for (let index = 0; index < count; index++) {
    if (end - at < RECORD_BYTES_MIN) return refuse(into, index, 'is missing')

    // Varints of one and two bytes are read here: calls would double what a record costs.
    let low = buffer[at]!
    let high = buffer[at + 1]!
    let length = 0
    if (low < 0x80) {
      length = (low >>> 1) ^ -(low & 1)
      at++
    } else if (high < 0x80) {
      low = (low & 0x7f) | (high << 7)
      length = (low >>> 1) ^ -(low & 1)
      at += 2
    } else {
      const size = varintLength(buffer, at, end)
      if (size === 0) return refuse(into, index, 'has no end to its length')
      length = varintAt(buffer, at, size)
      at += size
    }
    if (length < RECORD_BYTES_MIN - 1 || length > end - at) return refuse(into, index, `claims a length of ${length}`)
    const recordEnd = at + length
    at++

    let timestamp = baseTimestamp
    low = buffer[at]!
    high = buffer[at + 1]!
    if (low < 0x80) {
      timestamp += (low >>> 1) ^ -(low & 1)
      at++
    } else if (high < 0x80) {
      low = (low & 0x7f) | (high << 7)
      timestamp += (low >>> 1) ^ -(low & 1)
      at += 2
    } else {
      const size = varlongLength(buffer, at, recordEnd)
      if (size === 0) return refuse(into, index, 'ends in its timestamp delta')
      timestamp += varlongAt(buffer, at, size)
      at += size
    }
    if (timestamp > maxTimestamp) maxTimestamp = timestamp

    if (recordEnd - at < 4) return refuse(into, index, 'is not as long as its parts')
    let offsetDelta = 0
    low = buffer[at]!
    high = buffer[at + 1]!
    if (low < 0x80) {
      offsetDelta = (low >>> 1) ^ -(low & 1)
      at++
    } else if (high < 0x80) {
      low = (low & 0x7f) | (high << 7)
      offsetDelta = (low >>> 1) ^ -(low & 1)
      at += 2
    } else {
      const size = varintLength(buffer, at, recordEnd)
      if (size === 0) return refuse(into, index, 'ends in its offset delta')
      offsetDelta = varintAt(buffer, at, size)
      at += size
    }
    if (offsetDelta !== index) return refuse(into, index, `has offset delta ${offsetDelta}`)

    const partsEnd = endOfParts(buffer, at, recordEnd, keysRequired)
    if (partsEnd === KEY_MISSING) {
      const text = `Record ${index} has no key; a compacted topic needs one.`
      if (!into.blame(errors.INVALID_RECORD.code, index, text)) return false
    } else if (partsEnd !== recordEnd) return refuse(into, index, 'is not as long as its parts')
    // A record has one error; its key comes first (LogValidator.validateRecord).
    else if ((timestamp < earliest || timestamp > latest) && timestamp !== NO_TIMESTAMP) {
      const text = timestampText(`Record ${index}`, timestamp, earliest, latest)
      if (!into.blame(errors.INVALID_TIMESTAMP.code, index, text)) return false
    }
    at = recordEnd
  }
  if (at !== end) {
    return into.refuse(errors.INVALID_RECORD.code, `${end - at} bytes follow the last of the batch's ${count} records.`)
  }
  if (into.errorCode !== errors.NONE.code) return false
  return into.noteWalked(maxTimestamp)
}

/** Why a timestamp is refused, in words for the producer. */
export function timestampText(whose: string, timestamp: number, earliest: number, latest: number): string {
  const isLate = timestamp > latest
  const bound = isLate ? latest : earliest
  const side = isLate ? 'after' : 'before'
  return (
    `${whose} has timestamp ${told(timestamp)}; the topic takes none ${side} ${told(bound)}: ` +
    `message.timestamp.${side}.max.ms ${side} the broker's clock.`
  )
}

/** A timestamp, with its date where it has one. */
function told(timestamp: number): string {
  return Math.abs(timestamp) <= DATE_MS_MAX ? `${timestamp} (${new Date(timestamp).toISOString()})` : `${timestamp}`
}

/** Dates of JavaScript end there. */
const DATE_MS_MAX = 8.64e15

const CUT_OFF = -1
const KEY_MISSING = -2

/** Where key, value and headers that begin at `position` end; CUT_OFF when they do not fit before `end`. */
function endOfParts(buffer: Uint8Array, position: number, end: number, keyRequired: boolean): number {
  let size = varintLength(buffer, position, end)
  const keyLength = size === 0 ? -2 : varintAt(buffer, position, size)
  let at = position + size
  if (keyLength < -1 || keyLength > end - at) return CUT_OFF
  if (keyLength > 0) at += keyLength
  else if (keyLength < 0 && keyRequired) return KEY_MISSING

  size = varintLength(buffer, at, end)
  const valueLength = size === 0 ? -2 : varintAt(buffer, at, size)
  at += size
  if (valueLength < -1 || valueLength > end - at) return CUT_OFF
  if (valueLength > 0) at += valueLength

  size = varintLength(buffer, at, end)
  const headers = size === 0 ? -1 : varintAt(buffer, at, size)
  at += size
  if (headers < 0) return CUT_OFF
  return headers === 0 ? at : endOfHeaders(buffer, at, end, headers)
}

function endOfHeaders(buffer: Uint8Array, position: number, end: number, count: number): number {
  let at = position
  for (let index = 0; index < count; index++) {
    let size = varintLength(buffer, at, end)
    const keyLength = size === 0 ? -1 : varintAt(buffer, at, size)
    at += size
    if (keyLength < 0 || keyLength > end - at) return CUT_OFF
    at += keyLength
    size = varintLength(buffer, at, end)
    const valueLength = size === 0 ? -2 : varintAt(buffer, at, size)
    at += size
    if (valueLength < -1 || valueLength > end - at) return CUT_OFF
    if (valueLength > 0) at += valueLength
  }
  return at
}

function refuse(into: Validation, index: number, what: string): false {
  return into.refuse(errors.INVALID_RECORD.code, `Record ${index} ${what}.`, index)
}
