import {
  type Decoders,
  decoderNames,
  type MessageFilter,
  type MessageRow,
  type PayloadView,
  writeJson,
} from '@odradek/client'
import { clusterFlags } from './cluster-flags.ts'
import { type Arguments, type Flag, UsageError } from './command.ts'
import { timeText } from './terminal-text.ts'

/** The flags of every command that reads messages. */
export const messageFlags = {
  contains: { type: 'string', value: 'TEXT', doc: 'Key or value hold this text, letter by letter.' },
  filter: {
    type: 'string',
    value: 'CEL',
    doc: 'A CEL expression over key, value, headers, partition, offset, timestamp, size, keyText and valueText.',
  },
  partitions: { type: 'string', value: '0,1', doc: 'Only these partitions [all].' },
  'key-decoder': { type: 'string', value: 'NAME', doc: `How keys are read: ${decoderNames.join(', ')} [auto].` },
  'value-decoder': { type: 'string', value: 'NAME', doc: 'How values are read [auto].' },
  uncommitted: { type: 'boolean', doc: 'Also what open or rolled back transactions wrote.' },
  'schema-registry': { type: 'string', value: 'URL', doc: 'Where schemas are [the topic _schemas].' },
  ...clusterFlags,
} as const satisfies Record<string, Flag>

export function decodersOf(args: Arguments): Decoders {
  return { key: decoderOf(args, 'key-decoder'), value: decoderOf(args, 'value-decoder') }
}

function decoderOf(args: Arguments, flag: string): Decoders['key'] {
  const text = args.text(flag) ?? 'auto'
  const known = decoderNames.find((name) => name === text)
  if (known === undefined) throw new UsageError(`--${flag} must be one of ${decoderNames.join(', ')}, not "${text}"`)
  return known
}

export function filterOf(args: Arguments): MessageFilter {
  const contains = args.text('contains')
  const cel = args.text('filter')
  return { ...(contains !== undefined && { contains }), ...(cel !== undefined && { cel }) }
}

/** A row for a terminal: place, time, key, value on a line; or with --json all of it as JSON. */
export function rowText(topic: string, row: MessageRow, isJson: boolean): string {
  if (isJson) return `${writeJson({ topic, ...row })}\n`
  return `${row.partition}@${row.offset}\t${timeText(row.timestamp)}\t${payloadText(row.key)}\t${payloadText(row.value)}\n`
}

function payloadText({ kind, text, truncated }: PayloadView): string {
  if (kind === 'null' || kind === 'empty') return `(${kind})`
  return `${text.replace(/\s+/g, ' ')}${truncated ? ' …' : ''}`
}
