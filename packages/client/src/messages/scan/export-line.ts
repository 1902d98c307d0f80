import { parseJsonBytes } from '../json/json-value.ts'
import { writeJson } from '../json/write-json.ts'
import { isText, type MessageRow, type PayloadView } from '../message-row.ts'

export const exportFormats = ['jsonl', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]

const COLUMNS = ['topic', 'partition', 'offset', 'timestamp', 'key', 'keyKind', 'value', 'valueKind', 'headers']

/** What a file of that format begins with. */
export function exportHead(format: ExportFormat): string {
  return format === 'csv' ? `${COLUMNS.join(',')}\r\n` : ''
}

/**
 * A whole message (a row with `whole` payloads) as one line. JSON payloads are embedded in JSONL as JSON, digit by digit, and
 * others as text; bytes that are no text are hex, and the kind says so.
 */
export function exportLine(format: ExportFormat, topic: string, row: MessageRow): string {
  const timestamp = row.timestamp < 0 ? null : new Date(row.timestamp).toISOString()
  if (format === 'csv') {
    const headers = row.headers.map(({ key, value }) => [key, value.kind === 'null' ? null : value.text])
    const cells = [
      topic,
      row.partition,
      row.offset,
      timestamp ?? '',
      row.key.text,
      row.key.kind,
      row.value.text,
      row.value.kind,
    ]
    return `${[...cells, row.headers.length === 0 ? '' : JSON.stringify(headers)].map(csvCell).join(',')}\r\n`
  }
  const line = new Map<string, unknown>([
    ['topic', topic],
    ['partition', row.partition],
    ['offset', row.offset],
    ['timestamp', timestamp],
    ['key', payloadValue(row.key)],
    ['keyKind', row.key.kind],
    ['value', payloadValue(row.value)],
    ['valueKind', row.value.kind],
    [
      'headers',
      row.headers.map(
        ({ key, value }) =>
          new Map([
            ['key', key],
            ['value', payloadValue(value)],
          ] as [string, unknown][]),
      ),
    ],
  ])
  return `${writeJson(line)}\n`
}

function payloadValue({ kind, text }: PayloadView): unknown {
  if (kind === 'null') return null
  if (kind === 'empty' || kind === 'hex' || isText(kind)) return text
  const bytes = Buffer.from(text)
  return parseJsonBytes(bytes, 0, bytes.length)
}

/** A cell of CSV (RFC 4180). What a spreadsheet would run as a formula is marked as text by an apostrophe. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
