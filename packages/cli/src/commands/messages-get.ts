import { getMessage, MessageSource, PAYLOAD_BYTES_MAX, writeJson } from '@odradek/client'
import { withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import { decodersOf, messageFlags } from '../message-flags.ts'
import { timeText } from '../terminal-text.ts'

const reasons = {
  notWrittenYet: 'is not written yet',
  belowStart: 'is below the beginning: retention or a deletion took it',
  commitMarker: 'is a transaction marker: commit',
  abortMarker: 'is a transaction marker: abort',
  controlRecord: 'is a control record of the broker',
  gone: 'was compacted away',
} as const

export const messagesGet: Command = {
  name: 'messages get',
  summary: 'Print one message in full, or say what is at its offset instead.',
  positionals: ['TOPIC/PARTITION@OFFSET'],
  flags: {
    'key-decoder': messageFlags['key-decoder'],
    'value-decoder': messageFlags['value-decoder'],
    'schema-registry': messageFlags['schema-registry'],
    bootstrap: messageFlags.bootstrap,
    'client-config': messageFlags['client-config'],
    json: messageFlags.json,
  },
  examples: ['odradek messages get orders/3@1842', 'odradek messages get orders/3@1842 --value-decoder hex'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const match = /^(.+)\/(\d{1,9})@(\d{1,15})$/s.exec(args.positionals[0]!)
      if (match === null) throw new UsageError(`"${args.positionals[0]}" is not TOPIC/PARTITION@OFFSET`)
      const [, topic = '', partition, offset] = match
      const schemaRegistryUrl = args.text('schema-registry')
      const source = new MessageSource({ ...cluster.options, ...(schemaRegistryUrl && { schemaRegistryUrl }) }, cluster)
      const decoders = decodersOf(args)
      const found = await getMessage(source, topic, Number(partition), Number(offset), decoders, PAYLOAD_BYTES_MAX)
      const { message, missing, startOffset, endOffset } = found
      if (args.flag('json')) {
        process.stdout.write(`${writeJson(found, 2)}\n`)
        return message === null ? 1 : 0
      }
      if (message === null) {
        const bounds = startOffset === endOffset ? 'it is empty' : `it holds ${startOffset} to ${endOffset - 1}`
        process.stderr.write(`Offset ${offset} ${reasons[missing ?? 'gone']}. Of partition ${partition}, ${bounds}.\n`)
        return 1
      }
      const { key, value, headers, timestamp, timestampType, batch } = message
      const shown = ({ kind, text }: typeof key) => (kind === 'null' || kind === 'empty' ? `(${kind})` : text)
      process.stdout.write(`${topic}/${partition}@${offset}\n`)
      process.stdout.write(`time     ${timeText(timestamp)} (${timestampType})\n`)
      process.stdout.write(`batch    from ${batch.baseOffset}, ${batch.records} records, ${batch.codec}\n`)
      for (const header of headers) process.stdout.write(`header   ${header.key}: ${shown(header.value)}\n`)
      process.stdout.write(`key      ${shown(key)}\n\n${shown(value)}\n`)
      for (const { decoder, reason } of value.problems) process.stderr.write(`not read as ${decoder}: ${reason}\n`)
      return 0
    }),
}
