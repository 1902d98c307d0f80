/**
 * Runs a deployment: serves the store, starts the brokers, starts them again when they end, and stops all cleanly. The
 * brokers stop by themselves when this process is gone.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SupervisedStore } from '@odradek/broker/cluster-store'
import { CommandError } from '../command.ts'
import type { Deployment } from './deployment.ts'
import { SupervisedBroker } from './supervised-broker.ts'
import { isRunning, readUpState, writeUpState } from './up-state.ts'

export class Supervisor {
  readonly #deployment: Deployment
  readonly #startedAt = new Date().toISOString()
  #store: SupervisedStore | null = null
  #brokers: readonly SupervisedBroker[] = []
  #isStarted = false
  readonly #failed = Promise.withResolvers<never>()

  private constructor(deployment: Deployment) {
    this.#deployment = deployment
    // Whoever waits for the start hears of it; afterwards nobody has to.
    this.#failed.promise.catch(() => {})
  }

  /**
   * Serves the store and starts the brokers.
   * @throws CommandError where the directory is in use or cannot be used
   */
  static async start(deployment: Deployment): Promise<Supervisor> {
    if (existsSync(join(deployment.directory, 'meta.properties'))) {
      throw new CommandError(
        `${deployment.directory} is the data directory of a broker. Give odradek up one of its own.`,
      )
    }
    const supervisor = new Supervisor(deployment)
    supervisor.#store = await serveEmbedded(deployment)
    supervisor.#brokers = deployment.brokers.map(
      (plan) =>
        new SupervisedBroker(plan, {
          changed: () => supervisor.#write(),
          ended: (broker, how, hasServed) => supervisor.#ended(broker, how, hasServed),
        }),
    )
    supervisor.#write()
    return supervisor
  }

  get brokers(): readonly SupervisedBroker[] {
    return this.#brokers
  }

  /** Resolves when all brokers serve; rejects with a CommandError when one of them cannot start. */
  async served(): Promise<void> {
    await Promise.race([Promise.all(this.#brokers.map(({ served }) => served)), this.#failed.promise])
    this.#isStarted = true
  }

  /** Stops the brokers, all at once: nobody is left to hand over to. Then the store. */
  async stop(): Promise<void> {
    this.#isStarted = true
    await Promise.all(this.#brokers.map((broker) => broker.stop()))
    // With the store its lock goes: what is there then may be another supervisor's.
    rmSync(this.#deployment.stateFile, { force: true })
    await this.#store?.close()
  }

  #ended(broker: SupervisedBroker, how: string, hasServed: boolean): void {
    const { nodeId, logFile } = broker.plan
    const why = broker.lastLine === '' ? '' : `: ${broker.lastLine.replace(/^odradek: /, '')}`
    // One that could not start may have found another with its id, of a supervisor that was killed: that lives.
    if (hasServed)
      this.#store?.brokerEnded(nodeId).catch((error: Error) => {
        process.stderr.write(`odradek: broker ${nodeId} keeps what it led until its lease is over: ${error.message}\n`)
      })
    if (this.#isStarted) {
      process.stderr.write(`odradek: broker ${nodeId} ended (${how}) and is started again; see ${logFile}\n`)
      return
    }
    this.#failed.reject(new CommandError(`broker ${nodeId} does not start (${how})${why}`))
  }

  #write(): void {
    writeUpState(this.#deployment.stateFile, {
      pid: process.pid,
      socketPath: this.#deployment.socketPath,
      mode: this.#deployment.mode,
      startedAt: this.#startedAt,
      brokers: this.#brokers.map((broker) => ({
        nodeId: broker.plan.nodeId,
        pid: broker.pid,
        state: broker.state,
        restarts: broker.restarts,
        lastEnd: broker.lastEnd,
        address: broker.address,
        adminAddress: broker.plan.texts['admin.listener'] ?? null,
        logFile: broker.plan.logFile,
      })),
    })
  }
}

/**
 * The lock of the store says whether another supervisor runs: a process id that was noted before a power failure may be any
 * process's by now.
 */
async function serveEmbedded(deployment: Deployment): Promise<SupervisedStore> {
  const { directory, storeDirectory, socketPath } = deployment
  const { serveEmbeddedStore, StoreInUseError } = await import('@odradek/broker/cluster-store')
  let server: SupervisedStore
  try {
    server = await serveEmbeddedStore({ directory: storeDirectory, path: socketPath })
  } catch (error) {
    if (error instanceof StoreInUseError) {
      const running = readUpState(directory)
      const process = running !== null && (await isRunning(running)) ? ` (process ${running.pid})` : ''
      throw new CommandError(`${directory} is in use by odradek up${process}. Stop that first.`)
    }
    const { message } = error as Error
    if (error instanceof Error && 'syscall' in error)
      throw new CommandError(
        `${directory} cannot be the directory of a cluster: ${message}. Choose another with --data-dir.`,
      )
    throw new CommandError(`the metadata store cannot be opened: ${message}`)
  }
  return server
}
