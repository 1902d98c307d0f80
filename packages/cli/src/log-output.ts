import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

/** The broker's logger: JSON lines on stderr, or readable lines when a person looks at a terminal. */
export function createLogger(level: string): Logger {
  const options = { level, base: null }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }))
  const readable = new Writable({
    write(chunk: Buffer, _encoding, done) {
      process.stderr.write(readableLine(chunk.toString()))
      done()
    },
  })
  return pino(options, readable)
}

/** One JSON log line as `12:30:59 warn  message key=value`. */
export function readableLine(json: string): string {
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(json)
  } catch {
    return json
  }
  const { level, time, msg, err, ...rest } = entry
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  const word = pino.levels.labels[Number(level)] ?? String(level)
  const fields = Object.entries(rest).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n  ${String(err.stack)}` : ''
  return `${clock} ${word.padEnd(5)} ${String(msg ?? '')}${fields.join('')}${stack}\n`
}
