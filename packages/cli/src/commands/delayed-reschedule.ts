import { rescheduleDelayed } from '@odradek/client'
import { adminFlags, numberOf, timeOf, topicNamed, withAdmin } from '../admin-flags.ts'
import { type Command, UsageError } from '../command.ts'

export const delayedReschedule: Command = {
  name: 'delayed reschedule',
  summary: 'Give a record that waits another time: a copy with it is written, then the record is recalled.',
  flags: {
    topic: { type: 'string', short: 't', value: 'TOPIC', doc: 'The topic.' },
    partition: { type: 'string', short: 'p', value: 'N', doc: 'The partition.' },
    offset: { type: 'string', value: 'OFFSET', doc: 'The offset that its producer was answered.' },
    at: { type: 'string', value: 'TIME', doc: 'When it is due from now on (epoch ms, or a date).' },
    ...adminFlags,
  },
  examples: ['odradek delayed reschedule --topic reminders --partition 0 --offset 42 --at 2026-12-01T08:00Z'],
  run: (args) =>
    withAdmin(args, async (listeners, cluster) => {
      const topic = args.text('topic')
      const partition = numberOf(args, 'partition')
      const offset = numberOf(args, 'offset')
      const due = timeOf(args, 'at')
      if (topic === undefined || partition === undefined || offset === undefined || due === undefined) {
        throw new UsageError('name the record and its time: --topic TOPIC --partition N --offset OFFSET --at TIME')
      }
      const place = { topic: await topicNamed(cluster, topic), partition, offset }
      const result = await rescheduleDelayed(cluster, listeners, place, due)
      const texts = {
        moved: `it is due at ${new Date(due).toISOString()}, under offset ${result.offset}`,
        delivered: 'it was delivered before; nothing has changed',
        doubled: `it was being delivered, and its copy at offset ${result.offset} could not be recalled: it may come twice`,
      }
      process.stdout.write(`${args.flag('json') ? JSON.stringify(result) : texts[result.outcome]}\n`)
      return result.outcome === 'moved' ? 0 : 1
    }),
}
