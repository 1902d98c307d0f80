import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The programs of the console. */
interface ConsolePrograms {
  readonly server: string
  readonly users: string
  /** Builds what is not built as its sources are; null: it came built. */
  readonly build: string | null
}

/** What is said where there is none. */
export const CONSOLE_MISSING = 'the console is not installed: npm install @odradek/console, beside @odradek/cli'

const SHUTDOWN_MS_MAX = 5_000

/** Those of the checkout, or of the package `@odradek/console`, or null where that was left out. */
function consolePrograms(): ConsolePrograms | null {
  const checkout = fileURLToPath(new URL('../../../apps/console/', import.meta.url))
  if (existsSync(`${checkout}server.ts`)) {
    return { server: `${checkout}server.ts`, users: `${checkout}users.ts`, build: `${checkout}build.ts` }
  }
  const installed = (name: string) => fileURLToPath(import.meta.resolve(`@odradek/console/${name}`))
  try {
    return { server: installed('server'), users: installed('users'), build: null }
  } catch {
    return null
  }
}

/** Whether there is a console to start. */
export function hasConsole(): boolean {
  return consolePrograms() !== null
}

/** The program that keeps the console's users, or null where there is no console. */
export function consoleUsersFile(): string | null {
  return consolePrograms()?.users ?? null
}

/** Builds the console where it is not built as its sources are; it says so itself. Returns whether it is built. */
export function buildConsole(): boolean {
  const build = consolePrograms()?.build ?? null
  return build === null || spawnSync(process.execPath, [build], { stdio: ['ignore', 2, 2] }).status === 0
}

/** The same, while this process goes on with its work; an abort ends it. */
export async function buildConsoleBeside(signal: AbortSignal): Promise<boolean> {
  const build = consolePrograms()?.build ?? null
  if (build === null) return true
  const child = spawn(process.execPath, [build], { stdio: ['ignore', 2, 2] })
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
  const server = consolePrograms()?.server
  if (server === undefined) throw new Error(CONSOLE_MISSING)
  const child = spawn(process.execPath, [server, ...words], {
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
