/** A broker, a console that knows it as cluster `local`, and a caller of its routers. */
import { type Broker, type StartOptions, startBroker } from '@odradek/broker'
import { Console, type ConsoleOptions, createCaller, createContext } from '../src/index.ts'

export type Caller = ReturnType<typeof createCaller>

export class ConsoleScene implements AsyncDisposable {
  readonly broker: Broker
  readonly console: Console
  readonly caller: Caller

  private constructor(broker: Broker, console: Console, caller: Caller) {
    this.broker = broker
    this.console = console
    this.caller = caller
  }

  static async open(
    options: {
      broker?: StartOptions
      console?: Partial<ConsoleOptions>
      metadataAgeMaxMs?: number
      /** The console is told the broker's admin listener, which took any port. */
      adminAddress?: boolean
    } = {},
  ): Promise<ConsoleScene> {
    const broker = await startBroker(options.broker)
    const settings = {
      id: 'local',
      bootstrap: [broker.address],
      metadataAgeMaxMs: options.metadataAgeMaxMs ?? 2000,
      ...(options.adminAddress === true && broker.adminAddress != null && { adminAddress: broker.adminAddress }),
    }
    const console = new Console({ clusters: [settings], ...options.console })
    const context = await createContext(console, { header: () => null, remoteAddress: '127.0.0.1' })
    return new ConsoleScene(broker, console, createCaller(context))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.console.close()
    await this.broker.close()
  }
}
