import { type Arguments, UsageError } from './command.ts'
import { buildConsoleBeside, type ConsoleProcess, hasConsole, startConsoleProcess } from './console-process.ts'

/** The console of `odradek start`: it comes up while the broker serves already, and its end is not the broker's. */
export class ConsoleBeside {
  #running: ConsoleProcess | null = null
  readonly #end = new AbortController()

  /** @throws UsageError about the port, before anything is started */
  static wanted(args: Arguments): boolean {
    const port = args.text('console-port')
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
      throw new UsageError(`--console-port must be a number from 0 to 65535, not "${port}"`)
    }
    if (args.flag('demo') && args.flag('no-console'))
      throw new UsageError('--demo needs the console: leave --no-console out')
    return !args.flag('no-console') && hasConsole()
  }

  /** Builds it if need be, then starts it; complains in one line where that fails. `address` is what clients begin with. */
  async start(broker: { readonly address: string }, port: string | undefined, demo: boolean): Promise<void> {
    const built = await buildConsoleBeside(this.#end.signal)
    if (this.#end.signal.aborted) return
    if (!built) return this.#complain('could not be built')
    const words = [
      '--bootstrap',
      broker.address,
      ...(port === undefined ? [] : ['--port', port]),
      ...(demo ? ['--demo'] : []),
    ]
    const running = startConsoleProcess(words)
    this.#running = running
    const end = await running.ended
    if (!this.#end.signal.aborted) this.#complain(`ended (${end})`)
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.#running?.stop()
  }

  #complain(what: string): void {
    process.stderr.write(`odradek: the console ${what}; the broker goes on. To start it again: odradek console\n`)
  }
}
