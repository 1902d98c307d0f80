import { type LetterEdit, type PayloadFormat, payloadFormats, readLetter, withOriginal } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, CommandError, UsageError } from '../command.ts'
import { lettersNamed, makeJob, parsePlace, sourceOf, whoIs } from '../letter-flags.ts'
import { exitCodeOf, progressText, runJob, tellReasons } from '../run-job.ts'
import { resendFlags, targetOf } from './dead-letters-resend.ts'

export const deadLettersEdit: Command = {
  name: 'dead-letters edit',
  summary: 'Send one dead letter again with another value, key or headers. The letter itself stays as it is.',
  positionals: ['GROUP', 'PARTITION@OFFSET'],
  flags: {
    value: { type: 'string', value: 'TEXT', doc: 'The value; - reads it from standard input.' },
    key: { type: 'string', value: 'TEXT', doc: 'The key.' },
    'value-format': { type: 'string', value: 'FORMAT', doc: `${payloadFormats.join(', ')} [text].` },
    'key-format': { type: 'string', value: 'FORMAT', doc: 'As --value-format [text].' },
    header: { type: 'string', value: 'NAME=TEXT', multiple: true, doc: 'Add or replace a header. May be repeated.' },
    'remove-header': { type: 'string', value: 'NAME', multiple: true, doc: 'Leave a header out. May be repeated.' },
    target: resendFlags.target,
    again: { type: 'boolean', doc: 'Though it was sent again before, or is marked as resolved.' },
    id: resendFlags.id,
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters edit payments 0@42 --value \'{"amount":12}\' --value-format json',
    'odradek dead-letters edit payments 0@42 --target origin --header tenant=eu < order.json --value -',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const place = parsePlace(args.positionals[1]!)
      const { topic, retryTopic } = await lettersNamed(cluster, args.positionals[0]!)
      const letter = await readLetter(cluster, topic, place)
      if (letter === null) throw new CommandError(`${topic} has no letter at ${args.positionals[1]}`)
      const id = args.text('id')
      const { id: job } = await makeJob(sourceOf(args, cluster), {
        topic,
        select: { kind: 'places', places: [place] },
        target: targetOf(args) ?? { kind: retryTopic === null ? 'origin' : 'retry' },
        edit: await editOf(args, (await withOriginal(cluster, letter)).headers),
        again: args.flag('again'),
        by: whoIs(),
        ...(id !== undefined && { id }),
      })
      const ended = await runJob(cluster, job, true)
      process.stdout.write(args.flag('json') ? `${JSON.stringify(ended, null, 2)}\n` : `${progressText(ended)}\n`)
      if (!args.flag('json')) await tellReasons(cluster, ended)
      return ended.sent === 1 ? 0 : Math.max(1, exitCodeOf(ended))
    }),
}

type Headers = readonly { readonly key: string; readonly value: Buffer | null }[]

async function editOf(args: Arguments, headers: Headers): Promise<LetterEdit> {
  const [value, key] = [args.text('value'), args.text('key')]
  const [added, removed] = [args.list('header'), args.list('remove-header')]
  if ([value, key].every((part) => part === undefined) && added.length + removed.length === 0) {
    throw new UsageError('say what is edited: --value, --key, --header or --remove-header')
  }
  return {
    ...(value !== undefined && {
      value: { format: formatOf(args, 'value-format'), text: value === '-' ? await standardInput() : value },
    }),
    ...(key !== undefined && { key: { format: formatOf(args, 'key-format'), text: key } }),
    ...(added.length + removed.length > 0 && { headers: headersOf(headers, added, removed) }),
  }
}

function headersOf(
  headers: Headers,
  added: readonly string[],
  removed: readonly string[],
): NonNullable<LetterEdit['headers']> {
  const named = added.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`--header must be NAME=TEXT, not "${text}"`)
    return { key: text.slice(0, at), value: { format: 'text', text: text.slice(at + 1) } as const }
  })
  const gone = new Set([...removed, ...named.map((header) => header.key)])
  const kept = headers.filter((header) => !gone.has(header.key))
  return [
    ...kept.map(({ key, value }) => {
      if (value === null) return { key, value: { format: 'null', text: '' } as const }
      return { key, value: { format: 'base64', text: value.toString('base64') } as const }
    }),
    ...named,
  ]
}

function formatOf(args: Arguments, flag: string): PayloadFormat {
  const format = args.text(flag) ?? 'text'
  const known = payloadFormats.find((name) => name === format)
  if (known === undefined)
    throw new UsageError(`--${flag} must be one of ${payloadFormats.join(', ')}, not "${format}"`)
  return known
}

async function standardInput(): Promise<string> {
  return Buffer.concat(await Array.fromAsync(process.stdin as AsyncIterable<Buffer>)).toString('utf8')
}
