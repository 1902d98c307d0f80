/**
 * The bytes of a journal's file, numbers big-endian: a head of 32 bytes, then entries, one after the other, then zeros or
 * what an earlier use of the file left.
 *
 *     head    magic "ODRJRNL2" (8) | sequence (8) | salt (4) | zeros (8) | CRC-32C of all before (4)
 *     entry   length of what follows the checksum (4) | CRC-32C of that (4)
 *             kind (1) | zeros (3) | partition (4) | topic id (16) | leader epoch (4) | salt (4)
 *             first offset (8) | offset after the last (8) | batches
 *
 * kind 1, records: the log has these batches at these offsets.
 * kind 2, cut: what earlier entries say of the log at the first offset or above holds no more (truncation; from 0 on:
 * deletion). It has no batches.
 *
 * What is behind the first entry that is not whole was being written when the machine stopped: nobody was told of it.
 *
 * The sequence is the one in the file's name: a head that says another is that of an earlier use, which the name outran. The
 * salt is drawn for each use and never zero, and no client knows it: an entry with another one is of an earlier use, or
 * something that somebody put into a record.
 *
 * Files that begin with "ODRJRNL1" are of brokers before this: a head of 16 bytes, without a sequence; the salt is zero.
 */
import { crc32c } from '@odradek/protocol'

export const HEAD_BYTES = 32
/** Bytes of an entry before its batches. */
export const ENTRY_HEAD_BYTES = 56
export const RECORDS = 1
export const CUT = 2

const MAGIC = Buffer.from('ODRJRNL2')
const EARLIER_MAGIC = Buffer.from('ODRJRNL1')
const EARLIER_HEAD_BYTES = 16
const HEAD_CRC_AT = HEAD_BYTES - 4
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

/** What the head of a file says. */
export interface JournalHead {
  /** Bytes before the first entry. */
  readonly sizeInBytes: number
  /** Of all its entries. */
  readonly salt: number
}

export function encodeHead(sequence: number, salt: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  MAGIC.copy(head)
  writeOffset(head, sequence, 8)
  head.writeUInt32BE(salt, 16)
  head.writeUInt32BE(crc32c(head, 0, HEAD_CRC_AT), HEAD_CRC_AT)
  return head
}

/** The head that a file of this sequence begins with; null where it has none, or that of an earlier use. */
export function decodeHead(bytes: Buffer, sequence: number): JournalHead | null {
  if (bytes.length >= EARLIER_HEAD_BYTES && bytes.subarray(0, EARLIER_MAGIC.length).equals(EARLIER_MAGIC))
    return { sizeInBytes: EARLIER_HEAD_BYTES, salt: 0 }
  if (bytes.length < HEAD_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null
  if (bytes.readUInt32BE(HEAD_CRC_AT) !== crc32c(bytes, 0, HEAD_CRC_AT)) return null
  return readOffset(bytes, 8) === sequence ? { sizeInBytes: HEAD_BYTES, salt: bytes.readUInt32BE(16) } : null
}

/** An entry to be written: its topic id as bytes. */
export interface NewEntry extends Omit<JournalEntry, 'topicId'> {
  readonly topicIdBytes: Buffer
  /** That of the file's head. */
  readonly salt: number
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
  buffer.writeUInt32BE(entry.salt, start + 36)
  writeOffset(buffer, entry.offset, start + 40)
  writeOffset(buffer, entry.endOffset, start + 48)
  buffer.writeUInt32BE(crc32c(buffer, start + LENGTH_BYTES, end), start + 4)
}

/**
 * The length that the entry at `start` says it has, -1 where there is none of this use of the file; it may be behind the bytes
 * that are there.
 */
export function entryBytes(buffer: Buffer, start: number, end: number, salt: number): number {
  if (end - start < ENTRY_HEAD_BYTES) return -1
  const length = buffer.readUInt32BE(start) + LENGTH_BYTES
  if (length < ENTRY_HEAD_BYTES || buffer.readUInt32BE(start + 36) !== salt) return -1
  return length
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
