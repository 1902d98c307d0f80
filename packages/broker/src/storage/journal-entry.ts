/**
 * The bytes of a journal's file, numbers big-endian: a head of 16 bytes, then entries, one after the other.
 *
 *     head    magic "ODRJRNL1" (8) | zeros (8)
 *     entry   length of what follows the checksum (4) | CRC-32C of that (4)
 *             kind (1) | zeros (3) | partition (4) | topic id (16) | leader epoch (4) | zeros (4)
 *             first offset (8) | offset after the last (8) | batches
 *
 * kind 1, records: the log has these batches at these offsets.
 * kind 2, cut: what earlier entries say of the log at the first offset or above holds no more (truncation; from 0 on:
 * deletion). It has no batches.
 *
 * What is behind the first entry that is not whole was being written when the machine stopped: nobody was told of it.
 */
import { crc32c } from '@odradek/protocol'

export const HEAD_BYTES = 16
/** Bytes of an entry before its batches. */
export const ENTRY_HEAD_BYTES = 56
export const RECORDS = 1
export const CUT = 2

const MAGIC = Buffer.from('ODRJRNL1')
const LENGTH_BYTES = 8
const TOPIC_ID_BYTES = 16
/** Offsets are safe integers: two words. */
const WORD = 2 ** 32

export interface JournalEntry {
  readonly kind: typeof RECORDS | typeof CUT
  /** 22 characters of base64url. */
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
  readonly offset: number
  readonly endOffset: number
}

export function encodeHead(): Buffer {
  return Buffer.concat([MAGIC, Buffer.alloc(HEAD_BYTES - MAGIC.length)])
}

export function isHead(bytes: Buffer): boolean {
  return bytes.length >= HEAD_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC)
}

/** An entry to be written: its topic id as bytes. */
export interface NewEntry extends Omit<JournalEntry, 'topicId'> {
  readonly topicIdBytes: Buffer
}

/** Writes the head of an entry at `start`, in front of `payloadBytes` of batches that are in `buffer` already. */
export function encodeEntry(buffer: Buffer, start: number, entry: NewEntry, payloadBytes: number): void {
  const end = start + ENTRY_HEAD_BYTES + payloadBytes
  buffer.writeUInt32BE(ENTRY_HEAD_BYTES - LENGTH_BYTES + payloadBytes, start)
  // One byte, and three that are zero.
  buffer.writeUInt32BE(entry.kind * 2 ** 24, start + 8)
  buffer.writeUInt32BE(entry.partition, start + 12)
  entry.topicIdBytes.copy(buffer, start + 16, 0, TOPIC_ID_BYTES)
  buffer.writeInt32BE(entry.leaderEpoch, start + 32)
  buffer.writeUInt32BE(0, start + 36)
  writeOffset(buffer, entry.offset, start + 40)
  writeOffset(buffer, entry.endOffset, start + 48)
  buffer.writeUInt32BE(crc32c(buffer, start + LENGTH_BYTES, end), start + 4)
}

/** The length that the entry at `start` says it has, -1 where there is none; it may be behind the bytes that are there. */
export function entryBytes(buffer: Buffer, start: number, end: number): number {
  if (end - start < ENTRY_HEAD_BYTES) return -1
  const length = buffer.readUInt32BE(start) + LENGTH_BYTES
  return length < ENTRY_HEAD_BYTES ? -1 : length
}

/** The entry `buffer[start, end)`; null when it is not what was written. */
export function decodeEntry(buffer: Buffer, start: number, end: number): JournalEntry | null {
  if (buffer.readUInt32BE(start + 4) !== crc32c(buffer, start + LENGTH_BYTES, end)) return null
  const kind = buffer[start + 8]
  if (kind !== RECORDS && kind !== CUT) return null
  return {
    kind,
    partition: buffer.readUInt32BE(start + 12),
    topicId: buffer.toString('base64url', start + 16, start + 16 + TOPIC_ID_BYTES),
    leaderEpoch: buffer.readInt32BE(start + 32),
    offset: readOffset(buffer, start + 40),
    endOffset: readOffset(buffer, start + 48),
  }
}

function writeOffset(buffer: Buffer, offset: number, at: number): void {
  buffer.writeUInt32BE(Math.floor(offset / WORD), at)
  buffer.writeUInt32BE(offset % WORD, at + 4)
}

function readOffset(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at) * WORD + buffer.readUInt32BE(at + 4)
}
