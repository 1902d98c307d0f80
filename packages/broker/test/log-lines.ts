import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

/** One line of a broker's log. */
export interface LogLine {
  /** pino's: 40 is a warning, 50 an error. */
  readonly level: number
  readonly msg: string
  /** `address:port` of the client that it is about. */
  readonly remote?: string
  readonly api?: string
  /** That it is about. */
  readonly topic?: string
}

/** Keeps what a broker logs, for tests that look at it. */
export class LogLines {
  readonly all: LogLine[] = []
  readonly logger: Logger
  /** Each hears the next lines, until one is what it waits for. */
  readonly #waiting = new Set<(line: LogLine) => boolean>()

  constructor() {
    const write = (chunk: Buffer, _encoding: string, done: () => void) => {
      for (const text of chunk.toString().split('\n')) if (text) this.#add(JSON.parse(text) as LogLine)
      done()
    }
    this.logger = pino({ level: 'info' }, new Writable({ write }))
  }

  /** The first line from the one numbered `from` on that says `msg`, and of that topic where one is given; once it is there. */
  async said(msg: string, topic?: string, from = 0): Promise<LogLine> {
    const isIt = (line: LogLine) => line.msg === msg && (topic === undefined || line.topic === topic)
    const found = this.all.slice(from).find(isIt)
    if (found !== undefined) return found
    const { promise, resolve } = Promise.withResolvers<LogLine>()
    this.#waiting.add((line) => {
      if (!isIt(line)) return false
      resolve(line)
      return true
    })
    return promise
  }

  #add(line: LogLine): void {
    this.all.push(line)
    for (const hear of this.#waiting) if (hear(line)) this.#waiting.delete(hear)
  }

  /** Warnings and errors about one client. */
  about(remotePort: number): LogLine[] {
    return this.all.filter(({ level, remote }) => level >= 40 && remote === `127.0.0.1:${remotePort}`)
  }

  /** What only a bug, or a disk, can cause. */
  get errors(): LogLine[] {
    return this.all.filter(({ level }) => level >= 50)
  }
}
