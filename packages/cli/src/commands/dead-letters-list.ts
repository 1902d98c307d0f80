import { type DeadLetter, listDeadLetters } from '@odradek/client'
import { numberOf } from '../admin-flags.ts'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'

export const deadLettersList: Command = {
  name: 'dead-letters list',
  summary: "Print a consumer group's dead letters, the newest first.",
  positionals: ['GROUP'],
  flags: { limit: { type: 'string', value: 'N', doc: 'How many at most [100].' }, ...clusterFlags },
  examples: ['odradek dead-letters list payments', 'odradek dead-letters list payments --limit 1 --json'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      for (const letter of await listDeadLetters(cluster, args.positionals[0]!, numberOf(args, 'limit'))) {
        process.stdout.write(`${args.flag('json') ? JSON.stringify(asJson(letter)) : line(letter)}\n`)
      }
      return 0
    }),
}

/** Keys, values and headers as text, and as base64 where they are none. */
function asJson({ key, value, headers, ...rest }: DeadLetter): object {
  const named = headers.map((header) => ({ key: header.key, ...payload(header.value) }))
  return { ...rest, key: payload(key), value: payload(value), headers: named }
}

function payload(bytes: Buffer | null): { text: string } | { base64: string } | null {
  if (bytes === null) return null
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString('base64') }
}

function line({ partition, offset, timestamp, key, origin, retries, attempts, reason }: DeadLetter): string {
  const from = origin === null ? 'origin unknown' : `from ${origin.topic}-${origin.partition} offset ${origin.offset}`
  const error = attempts.at(-1)?.error ?? reason ?? ''
  const shown = key === null ? '(none)' : JSON.stringify(key.toString('utf8'))
  return `${new Date(timestamp).toISOString()}  partition ${partition}  offset ${offset}  key ${shown}  ${from}  retried ${retries} times  ${error}`
}
