import { setTimeout as pause } from 'node:timers/promises'
import type { LogsView, ScrubRequestView } from '@odradek/broker'
import { MIB } from '@odradek/config'
import { adminFlags, askAdmin } from '../admin-listener.ts'
import { type Command, CommandError } from '../command.ts'
import { plainLine } from '../terminal-text.ts'
import { counted } from '../text-table.ts'

const ASK_INTERVAL_MS = 500
/** It is said so often how far it is. */
const TELL_INTERVAL_MS = 10_000

export const logScrub: Command = {
  name: 'log scrub',
  summary:
    'Have a running broker read and check its closed segments now, and print what it finds. Exit code 1 when a log is damaged or cannot be read.',
  flags: {
    ...adminFlags,
    topic: { type: 'string', value: 'TOPIC', doc: 'Only logs of this topic.' },
    directory: { type: 'string', value: 'DIR', doc: 'Only logs in this data directory, as the broker names it.' },
    json: { type: 'boolean', doc: 'Print JSON.' },
  },
  examples: ['odradek log scrub', 'odradek log scrub --topic orders'],
  async run(args) {
    const [topic, directory] = [args.text('topic'), args.text('directory')]
    let asked = await askAdmin<ScrubRequestView>(args, '/v1/logs/scrub', { topic, directory })
    const { askedAt } = asked
    let toldAt = performance.now()
    while (asked.endedAt === null) {
      await pause(ASK_INTERVAL_MS)
      const { scrub } = await askAdmin<LogsView>(args, '/v1/logs')
      if (scrub.asked?.askedAt !== askedAt)
        throw new CommandError('the broker knows nothing of this scrub any more: it was started again; ask once more')
      asked = scrub.asked
      if (performance.now() - toldAt < TELL_INTERVAL_MS) continue
      toldAt = performance.now()
      process.stderr.write(`${progressText(asked, scrub.now)}\n`)
    }
    process.stdout.write(args.flag('json') ? `${JSON.stringify(asked, null, 2)}\n` : scrubText(asked))
    return asked.damaged.length + asked.unread.length > 0 ? 1 : 0
  },
}

function progressText({ logs, done, readBytes }: ScrubRequestView, now: LogsView['scrub']['now']): string {
  const what = now === null ? '' : `, ${now.topic}-${now.partition}: ${now.segment} at byte ${now.position}`
  return `${done} of ${counted(logs, 'log')}, ${(readBytes / MIB).toFixed(0)} MiB${what}`
}

/** What came of it, for a terminal. */
export function scrubText({ logs, segments, readBytes, damaged, unread }: ScrubRequestView): string {
  const counts = `${counted(logs, 'log')}, ${counted(segments, 'closed segment')}, ${readBytes} bytes read`
  const lines = [
    `${counts}${damaged.length + unread.length === 0 ? ', all is well' : ''}`,
    ...damaged.map(({ directory, file, position, problem }) => {
      const place = position < 0 ? '' : ` at byte ${position}`
      return `  damaged: ${directory}/${file}${place}: ${problem}`
    }),
    ...unread.map(({ directory, problem }) => `  not read: ${directory}: ${problem}`),
  ]
  return lines.map((line) => `${plainLine(line)}\n`).join('')
}
