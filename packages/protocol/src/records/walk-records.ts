import { errors } from '../errors.ts'
import { NO_TIMESTAMP } from './batch.ts'
import type { Validation } from './validation.ts'
import { varintAt, varintLength, varlongAt, varlongLength } from './varint.ts'

/**
 * Length, attributes, timestamp delta, offset delta, key length, value length, header count: one byte each at least.
 * The length does not count itself.
 */
export const RECORD_BYTES_MIN = 7

/**
 * Walks the inflated records in `buffer[start, end)`: there are `count` of them and nothing else, every length stays in
 * its record and every record in the batch, offset deltas count from 0, timestamps lie in [earliest, latest] or are
 * missing. With `parts`, keys, values and headers are walked too; with `keysRequired` (which needs `parts`) a null key is refused.
 *
 * Leaves the greatest timestamp in `into`, or the refusal and the record to blame; returns whether all is well.
 * Nothing is allocated for a record.
 */
export function walkRecords(
  buffer: Uint8Array,
  start: number,
  end: number,
  count: number,
  baseTimestamp: number,
  earliest: number,
  latest: number,
  parts: boolean,
  keysRequired: boolean,
  into: Validation,
): boolean {
  let at = start
  let maxTimestamp = NO_TIMESTAMP
  let maxTimestampOffsetDelta = -1
  for (let index = 0; index < count; index++) {
    let size = varintLength(buffer, at, end)
    if (size === 0) return refuse(into, index, 'is missing')
    const length = varintAt(buffer, at, size)
    at += size
    if (length < RECORD_BYTES_MIN - 1 || length > end - at) return refuse(into, index, `claims a length of ${length}`)
    const recordEnd = at + length
    at++

    size = varlongLength(buffer, at, recordEnd)
    if (size === 0) return refuse(into, index, 'ends in its timestamp delta')
    const timestamp = baseTimestamp + varlongAt(buffer, at, size)
    at += size
    if (timestamp > maxTimestamp) {
      maxTimestamp = timestamp
      maxTimestampOffsetDelta = index
    }
    if ((timestamp < earliest || timestamp > latest) && timestamp !== NO_TIMESTAMP) {
      return into.refuse(
        errors.INVALID_TIMESTAMP.code,
        timestampText(`Record ${index}`, timestamp, earliest, latest),
        index,
      )
    }

    size = varintLength(buffer, at, recordEnd)
    if (size === 0) return refuse(into, index, 'ends in its offset delta')
    const offsetDelta = varintAt(buffer, at, size)
    at += size
    if (offsetDelta !== index) return refuse(into, index, `has offset delta ${offsetDelta}`)

    if (parts) {
      size = varintLength(buffer, at, recordEnd)
      const keyLength = size === 0 ? -2 : varintAt(buffer, at, size)
      at += size
      if (keyLength < -1 || keyLength > recordEnd - at) return refuse(into, index, 'has a key that does not fit it')
      if (keyLength > 0) at += keyLength
      else if (keyLength < 0 && keysRequired) return refuse(into, index, 'has no key; a compacted topic needs one')

      size = varintLength(buffer, at, recordEnd)
      const valueLength = size === 0 ? -2 : varintAt(buffer, at, size)
      at += size
      if (valueLength < -1 || valueLength > recordEnd - at)
        return refuse(into, index, 'has a value that does not fit it')
      if (valueLength > 0) at += valueLength

      size = varintLength(buffer, at, recordEnd)
      const headers = size === 0 ? -1 : varintAt(buffer, at, size)
      at += size
      if (headers < 0) return refuse(into, index, 'has no header count')
      if (headers > 0) at = headersEnd(buffer, at, recordEnd, headers)
      if (at !== recordEnd) return refuse(into, index, 'is not as long as its parts')
    }
    at = recordEnd
  }
  if (at !== end) {
    return into.refuse(errors.INVALID_RECORD.code, `${end - at} bytes follow the last of the batch's ${count} records.`)
  }
  into.walked = true
  into.maxTimestamp = maxTimestamp
  into.maxTimestampOffsetDelta = maxTimestampOffsetDelta
  return true
}

/** Why a timestamp is refused, in words for the producer. */
export function timestampText(whose: string, timestamp: number, earliest: number, latest: number): string {
  return `${whose} has timestamp ${timestamp}; the topic takes ${earliest} to ${latest}.`
}

/** Where `count` headers that begin at `position` end, or -1 when they do not fit before `end`. */
function headersEnd(buffer: Uint8Array, position: number, end: number, count: number): number {
  let at = position
  for (let index = 0; index < count; index++) {
    let size = varintLength(buffer, at, end)
    const keyLength = size === 0 ? -1 : varintAt(buffer, at, size)
    at += size
    if (keyLength < 0 || keyLength > end - at) return -1
    at += keyLength
    size = varintLength(buffer, at, end)
    const valueLength = size === 0 ? -2 : varintAt(buffer, at, size)
    at += size
    if (valueLength < -1 || valueLength > end - at) return -1
    if (valueLength > 0) at += valueLength
  }
  return at
}

function refuse(into: Validation, index: number, what: string): false {
  return into.refuse(errors.INVALID_RECORD.code, `Record ${index} ${what}.`, index)
}
