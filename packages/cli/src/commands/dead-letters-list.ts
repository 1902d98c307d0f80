import { facetLetters, type LetterFacets, type LetterRow, writeJson } from '@odradek/client'
import { numberOf } from '../admin-flags.ts'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import {
  letterFlags,
  lettersNamed,
  newestLetters,
  originText,
  sourceOf,
  tellingFilter,
  whereOf,
} from '../letter-flags.ts'
import { decodersOf, filterOf } from '../message-flags.ts'
import { plainLine, timeText } from '../terminal-text.ts'
import { counted, textTable } from '../text-table.ts'

const { at: _at, all: _all, ...narrowing } = letterFlags

export const deadLettersList: Command = {
  name: 'dead-letters list',
  summary: 'Print dead letters, the newest first, or what there is of them.',
  positionals: ['GROUP'],
  flags: {
    limit: { type: 'string', value: 'N', doc: 'How many at most [100].' },
    facets: { type: 'boolean', doc: 'Count them by error, origin, attempts and state instead.' },
    ...narrowing,
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters list payments',
    'odradek dead-letters list payments --facets',
    'odradek dead-letters list orders.DLT --state new --error java.lang.IllegalStateException --json',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const limit = numberOf(args, 'limit') ?? 100
      if (limit === 0) throw new UsageError('--limit must be at least 1')
      const { topic } = await lettersNamed(cluster, args.positionals[0]!)
      const source = sourceOf(args, cluster)
      const isJson = args.flag('json')
      if (args.flag('facets')) {
        const request = {
          topic,
          from: { kind: 'earliest' },
          to: { kind: 'now' },
          filter: filterOf(args),
          decoders: decodersOf(args),
          readCommitted: true,
          where: whereOf(args),
        } as const
        const { signal } = new AbortController()
        const facets = await tellingFilter(() => facetLetters(source, request, () => {}, signal))
        process.stdout.write(isJson ? `${JSON.stringify(facets, null, 2)}\n` : facetText(facets))
        return 0
      }
      for (const row of await newestLetters(source, topic, args, limit)) {
        process.stdout.write(`${isJson ? writeJson({ topic, ...row }) : line(row)}\n`)
      }
      return 0
    }),
}

function line({ partition, offset, timestamp, key, meaning, state }: LetterRow): string {
  const { origin, retries, error, reason } = meaning
  const from = origin === null ? 'origin unknown' : `from ${originText(origin)}`
  const shown = key.kind === 'null' ? '(none)' : JSON.stringify(key.text)
  const done = state.kind === 'resent' ? `resent ${state.resent}×` : state.kind
  const what = error === null ? (reason ?? '') : `${error.className}${error.message === '' ? '' : `: ${error.message}`}`
  return plainLine(
    `${partition}@${offset}  ${timeText(timestamp)}  ${done}  key ${shown}  ${from}  retried ${counted(retries, 'time')}  ${what}`,
  )
}

function facetText(facets: LetterFacets): string {
  const tables = [
    ['ERROR', facets.errorClasses],
    ['ORIGIN', facets.originTopics],
    ['RETRIES', facets.attempts],
    ['STATE', facets.states],
  ] as const
  const texts = tables.map(([head, counts]) =>
    textTable(
      [head, 'LETTERS'],
      counts.map(({ value, count }) => [value ?? '(not told)', count]),
    ),
  )
  return `${counted(facets.letters, 'letter')}\n\n${texts.join('\n')}`
}
