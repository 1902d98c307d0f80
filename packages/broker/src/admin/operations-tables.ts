/** The tables of docs/operations.md, from the rows that the broker works with: `npm run docs` writes them. */
import { type BrokerKey, brokerConfig } from '@odradek/config'
import { metricTable } from './metric-table.ts'

/** The keys that bound something that could grow, and what happens at the bound. */
export const limits: readonly (readonly [key: BrokerKey, past: string])[] = [
  ['max.connections', 'the connection is closed as it comes'],
  ['max.connections.per.ip', 'the connection is closed as it comes'],
  ['connections.max.idle.ms', 'the connection is closed'],
  ['socket.request.max.bytes', 'the connection is closed'],
  ['request.elements.max', 'the connection is closed'],
  ['connection.requests.max', 'the next requests of the connection wait'],
  ['connection.queued.max.bytes', 'the next requests of the connection wait'],
  ['memory.request.bytes.max', 'connections that need more are not read until there is room'],
  ['fetch.max.bytes', 'the answer has less'],
  ['fetch.parked.max', 'the fetch is answered at once'],
  ['max.incremental.fetch.session.cache.slots', 'the client gets no session and sends whole requests'],
  ['message.max.bytes', 'MESSAGE_TOO_LARGE'],
  ['producer.ids.max', 'the producer that wrote longest ago is forgotten'],
  ['group.max.size', 'GROUP_MAX_SIZE_REACHED'],
  ['offset.metadata.max.bytes', 'OFFSET_METADATA_TOO_LARGE'],
  ['log.open.files.max', 'the file used longest ago is closed'],
  ['log.client.warnings.max', 'the warning is counted, not logged'],
]

const LIMITS = ['| Limit | Default | Past it |', '| --- | --- | --- |']
const METRICS = ['| Metric | Type | Labels | What it tells |', '| --- | --- | --- | --- |']

/** `text` with the lines between its `<!-- limits -->` and `<!-- metrics -->` marks written anew. */
export function withTables(text: string): string {
  const limitRows = limits.map(([key, past]) => `| \`${key}\` | \`${brokerConfig[key].default}\` | ${past} |`)
  const metricRows = Object.entries(metricTable).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return between(between(text, 'limits', [...LIMITS, ...limitRows]), 'metrics', [...METRICS, ...metricRows])
}

function between(text: string, name: string, lines: readonly string[]): string {
  const [before, , after] = text.split(new RegExp(`(?<=<!-- ${name} -->\n)([^]*)(?=<!-- /${name} -->)`))
  if (before === undefined || after === undefined) throw new Error(`docs/operations.md has no marks for ${name}`)
  return `${before}\n${lines.join('\n')}\n\n${after}`
}
