import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The console's folder in a checkout; an installed package has none. */
const folder = fileURLToPath(new URL('../../../apps/console/', import.meta.url))

const SHUTDOWN_MS_MAX = 5_000

/** Whether there is a console to start. */
export function hasConsole(): boolean {
  return existsSync(`${folder}server.ts`)
}

/** The program that keeps the console's users, or null where there is no console. */
export function consoleUsersFile(): string | null {
  return hasConsole() ? `${folder}users.ts` : null
}

/** Builds the console where it is not built as its sources are; it says so itself. Returns whether it is built. */
export function buildConsole(): boolean {
  return spawnSync(process.execPath, [`${folder}build.ts`], { stdio: ['ignore', 2, 2] }).status === 0
}

/** The same, while this process goes on with its work; an abort ends it. */
export async function buildConsoleBeside(signal: AbortSignal): Promise<boolean> {
  const child = spawn(process.execPath, [`${folder}build.ts`], { stdio: ['ignore', 2, 2] })
  const end = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', end)
  const [code] = await once(child, 'exit')
  signal.removeEventListener('abort', end)
  return code === 0
}

/** A console that runs as a process of its own, and ends when this one is gone. */
export interface ConsoleProcess {
  readonly process: ChildProcess
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  /** Asks it to end, and sees to it. */
  stop(): Promise<void>
}

/** Starts the console with the words of `odradek console`. It prints `Console on URL` on stdout when it serves. */
export function startConsoleProcess(words: readonly string[]): ConsoleProcess {
  const child = spawn(process.execPath, [`${folder}server.ts`, ...words], {
    stdio: ['ignore', 1, 2, 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? 1)
  return {
    process: child,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), SHUTDOWN_MS_MAX)
      await ended
      clearTimeout(timer)
    },
  }
}
