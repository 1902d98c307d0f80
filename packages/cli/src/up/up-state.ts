import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `odradek up` runs, as it writes it down for `odradek status`. */
export interface UpState {
  readonly pid: number
  readonly mode: string
  readonly startedAt: string
  readonly brokers: readonly {
    readonly nodeId: number
    readonly pid: number | null
    /** `starting`, `serving`, `waiting` for the end of a pause, `stopped`. */
    readonly state: string
    /** How often it ended and was started again. */
    readonly restarts: number
    /** How it ended the last time, for a person; null if it never did. */
    readonly lastEnd: string | null
    /** `host:port`, when it serves. */
    readonly address: string | null
    readonly adminAddress: string | null
    readonly logFile: string
  }[]
}

export function writeUpState(file: string, state: UpState): void {
  const draft = `${file}.new`
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(draft, file)
}

/** What runs under a directory, or null where nothing ever did. */
export function readUpState(directory: string): UpState | null {
  let text: string
  try {
    text = readFileSync(join(directory, 'up.json'), 'utf8')
  } catch {
    return null
  }
  return JSON.parse(text) as UpState
}

/** Whether the process that wrote the state still runs. */
export function isRunning({ pid }: UpState): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
