/** A dead letter as it is sent again. */
import type { RecordInput } from '@odradek/protocol'
import { payloadBytes } from '../../messages/produce-message.ts'
import type { DeadLetter } from '../dead-letter.ts'
import { isKeptHeader, redriveHeaders } from '../letter-headers.ts'
import { editText } from './edit-text.ts'
import type { LetterEdit } from './resend-request.ts'

/** What all records of a claim have in common. */
export interface ResendStamp {
  readonly job: string
  /** The dead-letter topic. */
  readonly topic: string
  readonly by: string
  readonly atMs: number
  readonly edit: LetterEdit | null
  readonly toRetry: boolean
}

/** `topic-partition@offset` of a letter. */
export function placeText(
  topic: string,
  { partition, offset }: { readonly partition: number; readonly offset: number },
) {
  return `${topic}-${partition}@${offset}`
}

/** The same letter and stamp make the same record. */
export function resendRecord(letter: DeadLetter, stamp: ResendStamp): RecordInput & { readonly key: Buffer | null } {
  const { edit } = stamp
  const key = edit?.key === undefined ? letter.key : payloadBytes(edit.key, 'key', 'edit a dead letter')
  const value = edit?.value === undefined ? letter.value : payloadBytes(edit.value, 'value', 'edit a dead letter')
  const edited = edit?.headers?.map((header) => ({
    key: header.key,
    value: payloadBytes(header.value, `header "${header.key}"`, 'edit a dead letter'),
  }))
  const headers: { key: string; value: Buffer | string | null }[] = (edited ?? letter.headers).filter((header) =>
    isKeptHeader(header.key, stamp.toRetry),
  )
  headers.push(
    { key: redriveHeaders.from, value: placeText(stamp.topic, letter) },
    { key: redriveHeaders.by, value: stamp.by },
    { key: redriveHeaders.at, value: new Date(stamp.atMs).toISOString() },
    { key: redriveHeaders.job, value: stamp.job },
  )
  if (edit !== null) headers.push({ key: redriveHeaders.edit, value: editText(letter, { key, value, edited }) })
  return { key, value, headers, timestamp: stamp.atMs }
}

/** Bytes that a record takes in a batch, at most. */
export function recordBytes({ key, value, headers }: RecordInput): number {
  const length = (bytes: Uint8Array | string | null | undefined) => (bytes == null ? 0 : Buffer.byteLength(bytes))
  let bytes = 30 + length(key) + length(value)
  for (const header of headers ?? []) bytes += 10 + length(header.key) + length(header.value)
  return bytes
}
