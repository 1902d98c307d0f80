import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, fetchMetadata, type PartitionPlace } from '@odradek/client'
import { Admin } from '@platformatic/kafka'
import { expect, type Page, test } from '@playwright/test'
import { type Serving, serve } from './process.ts'

interface RunningBroker {
  readonly nodeId: number
  readonly pid: number
  readonly address: string
}

/** Three brokers under one supervisor, a console process beside them, and a Kafka client that looks at the brokers, not at the page. */
export class ClusterScene {
  directory = ''
  brokers: readonly RunningBroker[] = []
  #up: Serving | null = null
  #console: Serving | null = null
  #cluster: Cluster | null = null
  readonly #paused = new Set<number>()

  async start(): Promise<void> {
    this.directory = mkdtempSync(join(tmpdir(), 'odradek-e2e-'))
    const words = ['up', '--mode', 'sync-replica', '--brokers', '3', '--port', '0', '--no-console']
    const more = ['--data-dir', this.directory, '--set', 'group.initial.rebalance.delay.ms=0']
    this.#up = await serve('packages/cli/src/main.ts', [...words, ...more], /^Listening on (\S+)$/)
    this.brokers = JSON.parse(readFileSync(join(this.directory, 'up.json'), 'utf8')).brokers
    this.#console = await serve(
      'apps/console/server.ts',
      ['--port', '0', '--bootstrap', this.bootstrap.join(',')],
      /^Console on (\S+)\/$/,
    )
    this.#cluster = new Cluster({ bootstrap: this.bootstrap, requestTimeoutMs: 30_000 })
  }

  get bootstrap(): string[] {
    return this.brokers.map(({ address }) => address)
  }

  get cluster(): Cluster {
    if (this.#cluster === null) throw new Error('the scene has not begun')
    return this.#cluster
  }

  /** Goes to a page and waits until it listens to keys and clicks. */
  async open(page: Page, path: string): Promise<void> {
    await page.goto(`${this.#console?.told}${path}`)
    await page.locator('html[data-ready]').waitFor()
  }

  /** A topic whose partitions have these replicas, in the order of preference, all of them in sync when this resolves. */
  async createTopic(
    topic: string,
    replicas: readonly (readonly number[])[],
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const admin = new Admin({ clientId: 'e2e', bootstrapBrokers: this.bootstrap, retries: 5 })
    const assignments = replicas.map((brokers, partition) => ({ partition, brokers: [...brokers] }))
    const own = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [topic], partitions: -1, replicas: -1, assignments, configs: own })
    await admin.close()
    await this.expectPlaces(topic, (places) => places.every(({ isr, replicas }) => isr.length === replicas.length))
  }

  /** Asks a broker until the partitions of the topic are as they should be. */
  async expectPlaces(topic: string, isRight: (places: readonly PartitionPlace[]) => boolean): Promise<void> {
    const look = async () => {
      const metadata = await fetchMetadata(this.cluster, [topic]).catch((error: Error) => error)
      if (metadata instanceof Error) return metadata.message
      const places = metadata.topics.get(topic)?.partitions ?? []
      return places.length > 0 && isRight(places) ? 'as it should be' : places
    }
    await expect.poll(look).toBe('as it should be')
  }

  /** Lets a broker stand still; it is alive, and answers nobody. */
  pause(nodeId: number): void {
    this.#paused.add(nodeId)
    process.kill(this.#pidOf(nodeId), 'SIGSTOP')
  }

  resume(nodeId: number): void {
    this.#paused.delete(nodeId)
    process.kill(this.#pidOf(nodeId), 'SIGCONT')
  }

  async stop(): Promise<void> {
    // One that stands still could not end.
    for (const nodeId of [...this.#paused]) this.resume(nodeId)
    await this.#cluster?.close()
    await this.#console?.end()
    await this.#up?.end()
    rmSync(this.directory, { recursive: true, force: true })
  }

  #pidOf(nodeId: number): number {
    const broker = this.brokers.find((each) => each.nodeId === nodeId)
    if (broker === undefined) throw new Error(`there is no broker ${nodeId}`)
    return broker.pid
  }
}

/** The scene of a test file: begins before its first test and ends after its last. */
export function ownClusterScene(): ClusterScene {
  const scene = new ClusterScene()
  test.beforeAll(() => scene.start())
  test.afterAll(() => scene.stop())
  return scene
}
