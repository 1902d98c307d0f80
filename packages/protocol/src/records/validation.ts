import { errors } from '../errors.ts'
import { BatchHeader } from './batch.ts'

/** What came of validating a produced batch. One object is used for all: read it before the next batch. */
export class Validation {
  errorCode = 0
  /** The record that is to blame; -1 when it is the batch. */
  recordIndex = -1
  /** What is wrong, for the producer; null when nothing is. */
  text: string | null = null
  /** The batch's header, once there were enough bytes for one. */
  readonly header = new BatchHeader()
  /** Whether the records themselves were looked at, so that the next two come from them. */
  walked = false
  /** The greatest timestamp: the records' when they were walked, else what the header says; -1 without any. */
  maxTimestamp = -1
  /** The first record that has it, as an offset delta; -1 when not known. */
  maxTimestampOffsetDelta = -1

  /** Forgets the batch before. */
  reset(): void {
    this.errorCode = errors.NONE.code
    this.recordIndex = -1
    this.text = null
    this.walked = false
    this.maxTimestamp = -1
    this.maxTimestampOffsetDelta = -1
  }

  /** Notes a refusal. Returns false, so that a check can end with it. */
  refuse(errorCode: number, text: string, recordIndex = -1): false {
    this.errorCode = errorCode
    this.text = text
    this.recordIndex = recordIndex
    return false
  }
}
