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
}

/** Keeps what a broker logs, for tests that look at it. */
export class LogLines {
  readonly all: LogLine[] = []
  readonly logger: Logger

  constructor() {
    const write = (chunk: Buffer, _encoding: string, done: () => void) => {
      for (const text of chunk.toString().split('\n')) if (text) this.all.push(JSON.parse(text) as LogLine)
      done()
    }
    this.logger = pino({ level: 'info' }, new Writable({ write }))
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
