import { type DeadLetter, letterHistory, letterState, readLetter } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, CommandError } from '../command.ts'
import { lettersNamed, originText, parsePlace } from '../letter-flags.ts'
import { plainLine, plainText, timeText } from '../terminal-text.ts'
import { counted } from '../text-table.ts'

export const deadLettersShow: Command = {
  name: 'dead-letters show',
  summary: 'Print one dead letter in full: where it came from, its attempts, what was done about it.',
  positionals: ['GROUP', 'PARTITION@OFFSET'],
  flags: clusterFlags,
  examples: ['odradek dead-letters show payments 0@42'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const place = parsePlace(args.positionals[1]!)
      const { topic, group } = await lettersNamed(cluster, args.positionals[0]!)
      const letter = await readLetter(cluster, topic, place)
      if (letter === null) throw new CommandError(`${topic} has no letter at ${args.positionals[1]}`)
      const [state, history] = await Promise.all([
        letterState(cluster, topic, place),
        letterHistory(cluster, topic, place),
      ])
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify({ topic, group, ...asJson(letter), state, history }, null, 2)}\n`)
        return 0
      }
      const { origin, retries, reason, error, attempts } = letter
      const lines = [
        `${topic}-${place.partition}@${place.offset}`,
        `dead since  ${timeText(letter.timestamp)}, ${state.kind}${state.resent > 0 ? ` ${counted(state.resent, 'time')}` : ''}`,
        `group       ${letter.group ?? group ?? '(not known)'}`,
        `origin      ${origin === null ? '(not known)' : originText(origin)}`,
        `retried     ${counted(retries, 'time')}${reason === null ? '' : `. ${reason}`}`,
        ...(error === null ? [] : [`error       ${error.className}: ${error.message}`]),
        ...attempts.map(
          (each) => `attempt     ${timeText(each.time)}  ${each.client} at ${each.host}  ${each.error ?? ''}`,
        ),
        ...history.map(
          (event) => `${event.kind.padEnd(11)} ${timeText(event.atMs)}  by ${event.by}  ${event.text ?? ''}`,
        ),
        ...letter.headers.map(({ key, value }) => `header      ${key}: ${shown(value)}`),
        `key         ${shown(letter.key)}`,
      ]
      const value = letter.isReference ? '(no copy of the record: it is at its origin)' : shown(letter.value)
      process.stdout.write(`${lines.map((each) => plainLine(each).trimEnd()).join('\n')}\n`)
      process.stdout.write(`\n${plainText(value).trimEnd()}\n`)
      if (error?.stack) process.stdout.write(`\n${plainText(error.stack)}\n`)
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

function shown(bytes: Buffer | null): string {
  const made = payload(bytes)
  return made === null ? '(null)' : 'text' in made ? made.text : `base64 ${made.base64}`
}
