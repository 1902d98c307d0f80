import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { socketPathIn } from './deployment.ts'

/** What `odradek up` runs, as it writes it down for `odradek status`. */
export interface UpState {
  readonly pid: number
  /** Where that process serves the store of metadata. */
  readonly socketPath: string
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

/**
 * What runs under a directory, or null where nothing does: a power failure may have left half a file. One of the version
 * before does not say where its store is, which is where it still would be.
 */
export function readUpState(directory: string): UpState | null {
  try {
    const state = JSON.parse(readFileSync(join(directory, 'up.json'), 'utf8')) as UpState
    return { ...state, socketPath: state.socketPath ?? socketPathIn(directory) }
  } catch {
    return null
  }
}

/**
 * Whether the process that wrote the state still runs: somebody takes connections where it serves the store. That a process
 * has its id says nothing: after a power failure it may be any other's.
 */
export async function isRunning({ socketPath }: UpState): Promise<boolean> {
  const socket = connect(socketPath)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    // Another user's.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  } finally {
    socket.destroy()
  }
}
