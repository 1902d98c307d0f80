import { type PayloadFormat, type PayloadInput, payloadFormats, produceMessage } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, UsageError } from '../command.ts'
import { parseNumber } from '../partition-scope.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export const messagesProduce: Command = {
  name: 'messages produce',
  summary: 'Write one message to a topic and print where it went.',
  positionals: ['TOPIC'],
  flags: {
    key: { type: 'string', value: 'TEXT', doc: 'The key [null].' },
    value: { type: 'string', value: 'TEXT', doc: 'The value; - reads it from standard input [null].' },
    'key-format': { type: 'string', value: 'FORMAT', doc: `${payloadFormats.join(', ')} [text].` },
    'value-format': {
      type: 'string',
      value: 'FORMAT',
      doc: 'As --key-format; json must be JSON and is sent as it is [text].',
    },
    header: { type: 'string', value: 'NAME=TEXT', multiple: true, doc: 'A header. May be repeated.' },
    partition: { type: 'string', value: 'N', doc: "The partition [the key's, as with Kafka's own clients]." },
    codec: { type: 'string', value: 'NAME', doc: `${codecs.join(', ')} [none].` },
    ...clusterFlags,
  },
  examples: [
    'odradek messages produce orders --key customer-7 --value \'{"id":9007199254740993}\' --value-format json',
    'odradek messages produce orders --key customer-7 --header source=shell < order.json --value -',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const partition = args.text('partition')
      const codec = args.text('codec') ?? 'none'
      const known = codecs.find((name) => name === codec)
      if (known === undefined) throw new UsageError(`--codec must be one of ${codecs.join(', ')}, not "${codec}"`)
      const produced = await produceMessage(cluster, {
        topic: args.positionals[0]!,
        key: await payloadOf(args, 'key'),
        value: await payloadOf(args, 'value'),
        headers: args.list('header').map((text) => {
          const at = text.indexOf('=')
          if (at < 0) throw new UsageError(`--header must be NAME=TEXT, not "${text}"`)
          return { key: text.slice(0, at), value: { format: 'text', text: text.slice(at + 1) } as const }
        }),
        codec: known,
        ...(partition !== undefined && { partition: parseNumber('partition', partition) }),
      })
      const place = `${args.positionals[0]}/${produced.partition}@${produced.offset}`
      process.stdout.write(args.flag('json') ? `${JSON.stringify(produced)}\n` : `${place}\n`)
      return 0
    }),
}

async function payloadOf(args: Arguments, part: 'key' | 'value'): Promise<PayloadInput> {
  const text = args.text(part)
  const format = args.text(`${part}-format`) ?? (text === undefined ? 'null' : 'text')
  const known = payloadFormats.find((name): name is PayloadFormat => name === format)
  if (known === undefined) {
    throw new UsageError(`--${part}-format must be one of ${payloadFormats.join(', ')}, not "${format}"`)
  }
  if (part === 'value' && text === '-') {
    const bytes = Buffer.concat(await Array.fromAsync(process.stdin as AsyncIterable<Buffer>))
    return known === 'text'
      ? { format: 'base64', text: bytes.toString('base64') }
      : { format: known, text: bytes.toString('utf8') }
  }
  return { format: known, text: text ?? '' }
}
