import { errors } from '../errors.ts'
import { BatchHeader } from './batch.ts'

/** How many records of a batch are named as being to blame; a batch may have millions. */
export const RECORDS_BLAMED_MAX = 1000

/** A record that its producer has to mend before it can be taken. */
export interface BlamedRecord {
  /** Its place in the batch, from 0. */
  readonly index: number
  /** What is wrong with it, for the producer. */
  readonly text: string
}

/** What came of validating a produced batch. One object is used for all: read it before the next batch. */
export class Validation {
  errorCode = 0
  /** The first record that is to blame; -1 when it is the batch. */
  recordIndex = -1
  /** Every record that is to blame, in their order, but for those beyond what `reset` was told. */
  blamed: BlamedRecord[] = []
  /** What is wrong, for the producer; null when nothing is. */
  text: string | null = null
  /** The batch's header, once there were enough bytes for one. */
  readonly header = new BatchHeader()
  /** Whether the records themselves were looked at, so that the next comes from them. */
  walked = false
  /** The greatest timestamp: the records' when they were walked, else what the header says; -1 without any. */
  maxTimestamp = -1
  #blamedMax = RECORDS_BLAMED_MAX

  /** Forgets the batch before. Of the next one at most `blamedMax` records are named as being to blame, and one at least. */
  reset(blamedMax: number = RECORDS_BLAMED_MAX): void {
    this.#blamedMax = blamedMax
    this.errorCode = errors.NONE.code
    this.recordIndex = -1
    if (this.blamed.length > 0) this.blamed = []
    this.text = null
    this.walked = false
    this.maxTimestamp = -1
  }

  /** Notes that all records were looked at and are well, and the greatest of their timestamps. Returns true. */
  noteWalked(maxTimestamp: number): true {
    this.walked = true
    this.maxTimestamp = maxTimestamp
    return true
  }

  /** Notes a refusal. Returns false, so that a check can end with it. */
  refuse(errorCode: number, text: string, recordIndex = -1): false {
    this.errorCode = errorCode
    this.text = text
    this.recordIndex = recordIndex
    this.blamed = recordIndex < 0 ? [] : [{ index: recordIndex, text }]
    return false
  }

  /**
   * Notes that a record is to blame, and returns whether the others have to be looked at still: clients tell their users which
   * records to mend and which to send again. Each is to be blamed once. The first timestamp that is refused names the batch's
   * error, and gives its text, before anything else (LogValidator.processRecordErrors).
   */
  blame(errorCode: number, index: number, text: string): boolean {
    if (this.errorCode === errors.NONE.code) this.recordIndex = index
    const isTimestamp = errorCode === errors.INVALID_TIMESTAMP.code
    if (this.errorCode === errors.NONE.code || (isTimestamp && this.errorCode !== errorCode)) {
      this.errorCode = errorCode
      this.text = text
    }
    this.blamed.push({ index, text })
    return this.blamed.length < this.#blamedMax
  }
}
