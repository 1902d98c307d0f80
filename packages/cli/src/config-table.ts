import {
  DAY_MS,
  formatValue,
  GIB,
  HOUR_MS,
  INT_MAX,
  KIB,
  LONG_MAX,
  MIB,
  MINUTE_MS,
  type Row,
  type Scope,
  SECOND_MS,
  scopes,
  type Value,
} from '@odradek/config'

/** One key as people read it. */
export interface ConfigLine {
  readonly scope: Scope
  readonly key: string
  readonly type: string
  readonly default: string
  /** The bounds or the values that are allowed; empty when the type says it all. */
  readonly allowed: string
  readonly takesEffect: string
  /** The broker key that holds while a topic sets nothing, or the key this one is another spelling of. */
  readonly from: string
  readonly doc: string
}

const EFFECT = { topic: 'at once', broker: 'at once', restart: 'at the next start', never: 'read only' } as const

/** Every key of the scopes, in the order of the tables. */
export function configLines(wanted: readonly Scope[]): ConfigLine[] {
  return wanted.flatMap((scope) =>
    Object.entries(scopes[scope]).map(([key, row]) => ({
      scope,
      key,
      type: row.type,
      default: formatValue(row, row.default),
      allowed: allowed(row),
      takesEffect: EFFECT[row.mutable],
      from: row.from ?? row.standsFor ?? '',
      doc: row.doc,
    })),
  )
}

function allowed(row: Row): string {
  if (row.type === 'enum') return row.values.join(', ')
  if (row.type === 'list') return row.values?.join(', ') ?? ''
  if (row.type === 'boolean' || row.type === 'string') return ''
  const { min, max } = row
  if (min !== undefined && max !== undefined) return `${min} to ${max}`
  if (min !== undefined) return `at least ${min}`
  return max === undefined ? '' : `at most ${max}`
}

/** A default as people say it: 7 d beside 604800000; empty when the text itself is the best there is. */
export function inWords(row: Row, value: Value): string {
  if (typeof value !== 'number' || row.type === 'double') return ''
  if (value === LONG_MAX || value === INT_MAX) return 'no limit'
  if (!('unit' in row) || row.unit === undefined || value <= 0) return ''
  const steps: readonly (readonly [number, string])[] =
    row.unit === 'bytes'
      ? [
          [GIB, 'GiB'],
          [MIB, 'MiB'],
          [KIB, 'KiB'],
        ]
      : [
          [DAY_MS, 'd'],
          [HOUR_MS, 'h'],
          [MINUTE_MS, 'min'],
          [SECOND_MS, 's'],
        ]
  const base = row.unit === 'minutes' ? value * MINUTE_MS : row.unit === 'hours' ? value * HOUR_MS : value
  for (const [size, name] of steps) if (base % size === 0) return `${base / size} ${name}`
  return ''
}

/** The table for a terminal: key, default, allowed values, then the doc below. */
export function configText(wanted: readonly Scope[]): string {
  const parts: string[] = []
  for (const scope of wanted) {
    const lines = configLines([scope])
    parts.push(`${scope} (${lines.length} keys)`)
    for (const line of lines) {
      const row = scopes[scope][line.key]
      const words = row === undefined ? '' : inWords(row, row.default)
      const range = line.allowed === '' ? '' : `, ${line.allowed}`
      const shown = line.default === '' ? 'empty' : line.default
      parts.push(`  ${line.key} = ${shown}${words && ` (${words})`}   ${line.type}${range}`, `      ${line.doc}`)
    }
    parts.push('')
  }
  return parts.join('\n')
}

const INTRODUCTION: { readonly [S in Scope]: string } = {
  broker:
    'Set in the file given by `--config`, in the environment (`ODRADEK_LOG_RETENTION_MS` is `log.retention.ms`) or by `--set`; ' +
    'the later of these wins. Keys that take effect at once can also be changed while the broker runs, by IncrementalAlterConfigs.',
  topic:
    'Set when a topic is created or later by IncrementalAlterConfigs. A key that a topic does not set has the value of the ' +
    'broker key beside it.',
  group: 'Set by IncrementalAlterConfigs on a group.',
}

/** docs/configuration.md. */
export function configMarkdown(): string {
  const parts = [
    '# Configuration',
    '',
    '<!-- Written by scripts/generate-docs.ts from packages/config: change it there and run `npm run docs`. -->',
    '',
    'Every key that acts is listed here, and no other is accepted. Keys that Kafka has too have its name and meaning, and its default',
    'but for `listeners`, `log.dirs` and `node.id`. An environment variable that names no key is warned of.',
    'In files, in the environment and behind `--set` times and sizes may be written with a unit: `500ms`, `30s`, `10min`, `12h`, `7d`;',
    '`64KiB`, `16MiB`, `1GiB`. `odradek config` prints the same tables.',
  ]
  for (const scope of ['broker', 'topic', 'group'] as const) {
    const lines = configLines([scope])
    parts.push('', `## ${scope[0]?.toUpperCase()}${scope.slice(1)} keys`, '')
    if (lines.length === 0) {
      parts.push('None yet.')
      continue
    }
    const inherits = scope === 'topic' ? ' Broker key |' : ' Takes effect |'
    parts.push(
      INTRODUCTION[scope],
      '',
      `| Key | Type | Default | Allowed |${inherits} What it does |`,
      '| --- | --- | --- | --- | --- | --- |',
    )
    for (const line of lines) {
      const row = scopes[scope][line.key]
      const words = row === undefined ? '' : inWords(row, row.default)
      const shown = line.default === '' ? 'empty' : `\`${line.default}\``
      const fifth = scope !== 'topic' ? line.takesEffect : line.from === '' ? '' : `\`${line.from}\``
      const cells = [
        `\`${line.key}\``,
        line.type,
        words === '' ? shown : `${shown} (${words})`,
        line.allowed,
        fifth,
        line.doc,
      ]
      parts.push(`| ${cells.join(' | ')} |`)
    }
  }
  return `${parts.join('\n')}\n`
}
