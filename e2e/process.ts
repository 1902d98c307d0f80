import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..')

/** A process of ours, up to the line that says that it serves. */
export interface Serving {
  readonly process: ChildProcess
  /** What stood in the line's brackets. */
  readonly told: string
  /** What it has said on stderr so far, the newest of it. */
  said(): string
  /** Ends it by a signal and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>
}

/** Starts `node FILE WORDS…` and waits for a line on stdout that the pattern matches; its first group is `told`. */
export async function serve(file: string, words: readonly string[], ready: RegExp): Promise<Serving> {
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'production' }
  // Playwright's loaders are not for the broker.
  delete environment.NODE_OPTIONS
  const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, file), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-10_000)
  })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const told = ready.exec(line)?.[1]
    if (told === undefined) continue
    // Read on, or its next line would block it.
    child.stdout.resume()
    return {
      process: child,
      told,
      said: () => errors,
      async end(signal = 'SIGTERM') {
        if (child.exitCode === null && child.signalCode === null) child.kill(signal)
        await exit
      },
    }
  }
  throw new Error(`${file} ended before it served: ${errors}`)
}
