import type { Slice } from '../bytes/slice.ts'
import { errors } from '../errors.ts'
import {
  ATTRIBUTES,
  type BatchHeader,
  DELETE_HORIZON_BIT,
  NO_TIMESTAMP,
  RECORDS,
  readBatchHeader,
  type TimestampType,
} from './batch.ts'
import { codecs, INFLATED_BYTES_MAX } from './codecs.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import { crc32c } from './crc32c.ts'
import { Validation } from './validation.ts'
import { RECORD_BYTES_MIN, timestampText, walkRecords } from './walk-records.ts'

/** What a topic asks of the batches that are produced to it. */
export interface ValidationOptions {
  /** `max.message.bytes`: of one batch, header included, as it was sent. */
  readonly maxMessageBytes: number
  /** `message.timestamp.type`. With LogAppendTime the producer's timestamps do not matter. */
  readonly timestampType: TimestampType
  /** `message.timestamp.before.max.ms`, `message.timestamp.after.max.ms` */
  readonly beforeMaxMs: number
  readonly afterMaxMs: number
  readonly nowMs: number
  /** Whether every record needs a key: compressed batches are inflated to see. */
  readonly compacted: boolean
  /** `record.validation=deep`: compressed batches are inflated and walked like uncompressed ones. */
  readonly deep: boolean
  /** Of the Produce request: zstd came with 7. */
  readonly apiVersion: number
  /** What a batch may inflate to where it is opened [INFLATED_BYTES_MAX]. */
  readonly inflatedBytesMax?: number
  /** How many records are named as being to blame [RECORDS_BLAMED_MAX]; one at least is. */
  readonly blamedMax?: number
}

const result = new Validation()

const ZSTD = 4
const ZSTD_VERSION_MIN = 7
/** No batch that may be inflated holds more records. */
const COUNT_MAX = Math.floor(INFLATED_BYTES_MAX / RECORD_BYTES_MIN)

/**
 * Validates what a client sent for one partition: exactly one batch, whole, sound, and within what the topic takes.
 * Uncompressed batches are walked record by record; compressed ones are inflated only for a compacted topic or when
 * `deep` is asked for, else their header is taken at its word.
 *
 * Returns an object that the next call uses again: errorCode is CORRUPT_MESSAGE for damaged bytes (sending them again may help),
 * INVALID_RECORD for what the producer got wrong, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE or UNSUPPORTED_COMPRESSION_TYPE.
 * On success compare its maxTimestamp with its header's: a careless producer's header wants `setMaxTimestamp`.
 *
 * The checks and their codes are Kafka's (ProduceRequest, UnifiedLog and LogValidator), but for what it would mend.
 */
export function validateProducedBatch(slice: Slice, options: ValidationOptions): Validation {
  result.reset(options.blamedMax)
  const { buffer, view, start, end } = slice
  const header = result.header
  const bytes = end - start
  if (bytes < RECORDS) {
    if (bytes === 0) result.refuse(errors.INVALID_RECORD.code, 'There is no record batch; there must be one.')
    else result.refuse(errors.CORRUPT_MESSAGE.code, `The batch ends after ${bytes} bytes, inside its header of 61.`)
    return result
  }
  readBatchHeader(view, start, header)
  checkShape(header, bytes, options.maxMessageBytes) &&
    checkCrc(header, crc32c(buffer, start + ATTRIBUTES, end)) &&
    checkHeader(header, options) &&
    checkRecords(slice, header, options)
  return result
}

function checkShape(header: BatchHeader, bytes: number, maxMessageBytes: number): boolean {
  if (header.magic !== 2) {
    return result.refuse(errors.INVALID_RECORD.code, `The batch has magic ${header.magic}; only 2 is taken.`)
  }
  const size = header.sizeInBytes
  if (size < RECORDS || size > bytes) {
    return result.refuse(errors.CORRUPT_MESSAGE.code, `The batch claims ${size} bytes; ${bytes} were sent.`)
  }
  if (size < bytes) {
    return result.refuse(
      errors.INVALID_RECORD.code,
      `${bytes - size} bytes follow the batch; there must be exactly one batch.`,
    )
  }
  if (size > maxMessageBytes) {
    const text = `The batch has ${size} bytes; max.message.bytes is ${maxMessageBytes}.`
    return result.refuse(errors.MESSAGE_TOO_LARGE.code, text)
  }
  return true
}

function checkCrc(header: BatchHeader, crc: number): boolean {
  if (header.crc === crc) return true
  return result.refuse(
    errors.CORRUPT_MESSAGE.code,
    `The batch has CRC ${hex(header.crc)}; its bytes sum to ${hex(crc)}.`,
  )
}

function checkHeader(header: BatchHeader, options: ValidationOptions): boolean {
  const invalid = errors.INVALID_RECORD.code
  const { count, codec } = header
  if (count <= 0 || count > COUNT_MAX) return result.refuse(invalid, `The batch claims ${count} records.`)
  if (header.lastOffsetDelta !== count - 1) {
    return result.refuse(invalid, `The batch has ${count} records but last offset delta ${header.lastOffsetDelta}.`)
  }
  if (header.isControl) return result.refuse(invalid, 'Clients may not write control records.')
  if (header.attributes & DELETE_HORIZON_BIT) {
    return result.refuse(invalid, 'The batch has a delete horizon; only compaction sets one.')
  }
  if (codec >= codecs.length) {
    const text = `The batch is compressed with codec ${codec}; 0 to 4 are known.`
    return result.refuse(errors.UNSUPPORTED_COMPRESSION_TYPE.code, text)
  }
  if (codec === ZSTD && options.apiVersion < ZSTD_VERSION_MIN) {
    const text = `zstd needs Produce version ${ZSTD_VERSION_MIN}; the request has ${options.apiVersion}.`
    return result.refuse(errors.UNSUPPORTED_COMPRESSION_TYPE.code, text)
  }
  return checkProducer(header)
}

function checkProducer(header: BatchHeader): boolean {
  const invalid = errors.INVALID_RECORD.code
  const { producerId, producerEpoch, baseSequence } = header
  if (producerId < 0) {
    if (header.isTransactional) return result.refuse(invalid, 'A transactional batch needs a producer id.')
    return true
  }
  if (!Number.isSafeInteger(producerId)) return result.refuse(invalid, `Producer id ${producerId} was never given out.`)
  if (producerEpoch < 0) return result.refuse(invalid, `Producer ${producerId} sent epoch ${producerEpoch}.`)
  if (baseSequence < 0) return result.refuse(invalid, `Producer ${producerId} sent sequence ${baseSequence}.`)
  return true
}

function checkRecords(slice: Slice, header: BatchHeader, options: ValidationOptions): boolean {
  const createTime = options.timestampType === 'CreateTime'
  if (header.timestampType === 'LogAppendTime') {
    return result.refuse(errors.INVALID_TIMESTAMP.code, 'Producers may not mark timestamps as log append time.')
  }
  if (!Number.isSafeInteger(header.baseTimestamp) || !Number.isSafeInteger(header.maxTimestamp)) {
    return result.refuse(errors.INVALID_TIMESTAMP.code, 'The batch has timestamps beyond 2^53.')
  }
  const earliest = createTime ? Math.max(options.nowMs - options.beforeMaxMs, Number.MIN_SAFE_INTEGER) : -Infinity
  const latest = createTime ? Math.min(options.nowMs + options.afterMaxMs, Number.MAX_SAFE_INTEGER) : Infinity
  const { baseTimestamp, count, codec } = header
  let { buffer, start, end } = slice
  start += RECORDS
  if (codec !== 0) {
    if (!options.deep && !options.compacted) return checkHeaderTimestamps(header, earliest, latest)
    try {
      buffer = codecs[codec]!.decompress(buffer, start, end, options.inflatedBytesMax ?? INFLATED_BYTES_MAX)
    } catch (error) {
      return refuseInflating(error)
    }
    start = 0
    end = buffer.length
  }
  return walkRecords(buffer, start, end, count, baseTimestamp, earliest, latest, options.compacted, result)
}

/** What can be said of the timestamps in a batch that stays closed: the first record's and the greatest. */
function checkHeaderTimestamps(header: BatchHeader, earliest: number, latest: number): boolean {
  const { baseTimestamp, maxTimestamp } = header
  const timestamp = outside(baseTimestamp, earliest, latest) ? baseTimestamp : maxTimestamp
  if (outside(timestamp, earliest, latest)) {
    return result.refuse(errors.INVALID_TIMESTAMP.code, timestampText('The batch', timestamp, earliest, latest))
  }
  result.maxTimestamp = header.maxTimestamp
  return true
}

function outside(timestamp: number, earliest: number, latest: number): boolean {
  return timestamp !== NO_TIMESTAMP && (timestamp < earliest || timestamp > latest)
}

/** The CRC was right, so the producer sent what it meant to: sending it again does not help. */
function refuseInflating(error: unknown): boolean {
  if (!(error instanceof CorruptBatchError)) throw error
  const tooLarge = error.reason === 'too large'
  return result.refuse(tooLarge ? errors.MESSAGE_TOO_LARGE.code : errors.INVALID_RECORD.code, error.message)
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
