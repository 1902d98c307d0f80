import { basename } from 'node:path'
import type { DumpEntry } from '@odradek/broker/log-tools'

const BATCH_COLUMNS = [
  ['offsets', 21],
  ['position', 10],
  ['bytes', 9],
  ['records', 7],
  ['epoch', 5],
  ['producer', 14],
  ['sequence', 8],
  ['codec', 6],
  ['newest', 24],
] as const

/** A dump for reading: a table of batches per segment, everything else a line each. */
export function dumpLine(entry: DumpEntry): string {
  switch (entry.kind) {
    case 'epoch':
      return `leader epoch ${entry.epoch} begins at offset ${entry.startOffset}`
    case 'segment': {
      const header = BATCH_COLUMNS.map(([name, width]) => name.padEnd(width)).join(' ')
      return `\n${basename(entry.file)}: ${entry.size} bytes\n  ${header.trimEnd()}`
    }
    case 'batch': {
      const producer = entry.producerId < 0 ? '-' : `${entry.producerId}/${entry.producerEpoch}`
      const cells = [
        entry.baseOffset === entry.lastOffset ? `${entry.baseOffset}` : `${entry.baseOffset}-${entry.lastOffset}`,
        entry.position,
        entry.size,
        entry.count,
        entry.leaderEpoch,
        producer,
        entry.baseSequence < 0 ? '-' : entry.baseSequence,
        entry.codec,
        time(entry.maxTimestamp),
      ]
      const marks = [
        entry.timestampType === 'LogAppendTime' && 'append time',
        entry.isTransactional && 'transactional',
        entry.isControl && 'control',
        entry.isDamaged && 'DAMAGED: as its header is now',
        entry.deleteHorizon >= 0 && `delete horizon ${time(entry.deleteHorizon)}`,
      ].filter((mark) => mark !== false)
      const row = cells.map((cell, at) => String(cell).padEnd(BATCH_COLUMNS[at]![1])).join(' ')
      return `  ${row} ${marks.join(', ')}`.trimEnd()
    }
    case 'record': {
      const headers = entry.headers.map(({ key, value }) => ` ${key}=${readable(value)}`).join('')
      const what = entry.control ?? `${readable(entry.key)} = ${readable(entry.value)}`
      return `    ${String(entry.offset).padEnd(19)} ${time(entry.timestamp)} ${what}${headers && ` [${headers.trim()}]`}`
    }
    case 'offsetIndexEntry':
      return `  ${basename(entry.file)}: offset ${entry.offset} at position ${entry.position}`
    case 'timeIndexEntry':
      return `  ${basename(entry.file)}: ${time(entry.timestamp)} at offset ${entry.offset}`
    case 'abortedTransaction':
      return `  ${basename(entry.file)}: producer ${entry.producerId} aborted ${entry.firstOffset}-${entry.lastOffset}, last stable offset ${entry.lastStableOffset}`
    case 'producer':
      return `  ${basename(entry.file)}: producer ${entry.producerId}/${entry.epoch}, last sequence ${entry.lastSequence} at offset ${entry.lastOffset}, ${time(entry.lastTimestamp)}${entry.transactionStartOffset < 0 ? '' : `, transaction since ${entry.transactionStartOffset}`}`
    case 'problem':
      return `  PROBLEM in ${basename(entry.file)} at byte ${entry.position}: ${entry.problem}`
    default:
      return entry satisfies never
  }
}

/** The same as one JSON object: bytes are text where they are UTF-8, `{ "base64": … }` otherwise. */
export function dumpJson(entry: DumpEntry): string {
  if (entry.kind !== 'record') return JSON.stringify(entry)
  const headers = entry.headers.map(({ key, value }) => ({ key, value: jsonBytes(value) }))
  return JSON.stringify({ ...entry, key: jsonBytes(entry.key), value: jsonBytes(entry.value), headers })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function text(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

function jsonBytes(bytes: Buffer | null): string | { base64: string } | null {
  return bytes === null ? null : (text(bytes) ?? { base64: bytes.toString('base64') })
}

/** Quoted text, or hexadecimal for what is none; a terminal must not obey what a record says. */
function readable(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const decoded = text(bytes)
  if (decoded === null) return `0x${bytes.toString('hex')}`
  return JSON.stringify(decoded).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  )
}

function time(timestamp: number): string {
  if (timestamp < 0) return '-'
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString()
}
