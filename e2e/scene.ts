import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { type Page, test } from '@playwright/test'
import { freePort } from './free-port.ts'
import { type Serving, serve } from './process.ts'

export interface SceneOptions {
  /** Further words of `odradek console`, made when the broker serves. */
  console?(scene: Scene): readonly string[]
  /** Further words of `odradek broker`. */
  broker?: readonly string[] | undefined
}

/** A broker process and a console process of the test file's own, with a Kafka client that looks at the broker, not at the page. */
export class Scene {
  readonly options: SceneOptions
  directory = ''
  bootstrap = ''
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  base = ''
  #adminPort: number | null = null
  #broker: Serving | null = null
  #console: Serving | null = null
  #admin: Admin | null = null
  #producer: Producer<string, string, string, string> | null = null

  constructor(options: SceneOptions) {
    this.options = options
  }

  /** The address of a page. */
  url(path: string): string {
    return `${this.base}${path}`
  }

  /** Goes to a page and waits until it listens to keys and clicks. */
  async open(page: Page, path: string): Promise<void> {
    await page.goto(this.url(path))
    await page.locator('html[data-ready]').waitFor()
  }

  get admin(): Admin {
    this.#admin ??= new Admin({ clientId: 'e2e', bootstrapBrokers: [this.bootstrap], retries: 3 })
    return this.#admin
  }

  async createTopic(topic: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.admin.createTopics({
      topics: [topic],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    })
  }

  /** Writes records, each `[key, value]`, to a partition; all with the same headers. */
  async produce(
    topic: string,
    records: readonly (readonly [string, string])[],
    partition = 0,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.#producer ??= new Producer({
      clientId: 'e2e',
      bootstrapBrokers: [this.bootstrap],
      serializers: stringSerializers,
    })
    await this.#producer.send({ messages: records.map(([key, value]) => ({ topic, partition, key, value, headers })) })
  }

  /** A member of a group that reads the topic from its start. `first` resolves with the first record that it gets. */
  async consume(group: string, topic: string) {
    const consumer = new Consumer({
      groupId: group,
      clientId: 'e2e-reader',
      bootstrapBrokers: [this.bootstrap],
      deserializers: stringDeserializers,
    })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    const first = stream[Symbol.asyncIterator]().next()
    let closed = false
    const close = async () => {
      if (closed) return
      closed = true
      await consumer.close(true)
    }
    return { first, close, [Symbol.asyncDispose]: close }
  }

  /** A file in the scene's directory. */
  readonly file = (name: string, text: string): string => {
    const path = join(this.directory, name)
    writeFileSync(path, text)
    return path
  }

  async startBroker(): Promise<void> {
    const port = this.bootstrap === '' ? '0' : this.bootstrap.split(':')[1]!
    const words = ['broker', '--port', port, '--data-dir', join(this.directory, 'data')]
    // The console asks the broker where its admin listener is: a port of its own choice it could not tell.
    this.#adminPort ??= await freePort()
    words.push('--set', `admin.listener=127.0.0.1:${this.#adminPort}`)
    words.push('--set', 'group.initial.rebalance.delay.ms=0')
    this.#broker = await serve(
      'packages/cli/src/main.ts',
      [...words, ...(this.options.broker ?? [])],
      /^Listening on (\S+)$/,
    )
    this.bootstrap = this.#broker.told
  }

  /** Keeps the broker process from running, connections and all, until it is let go on. */
  holdBroker(on: boolean): void {
    this.#broker?.process.kill(on ? 'SIGSTOP' : 'SIGCONT')
  }

  async stopBroker(signal?: NodeJS.Signals): Promise<void> {
    await this.#broker?.end(signal)
    this.#broker = null
  }

  /** Starts the console, on another port than before. */
  async startConsole(): Promise<void> {
    this.#console = await this.openConsole()
    this.base = this.#console.told
  }

  async stopConsole(signal?: NodeJS.Signals): Promise<void> {
    await this.#console?.end(signal)
    this.#console = null
  }

  /** A console process beside the scene's own; whoever asks for it ends it. */
  async openConsole(...words: readonly string[]): Promise<Serving> {
    const more = this.options.console?.(this) ?? ['--bootstrap', this.bootstrap]
    return serve('apps/console/server.ts', ['--port', '0', ...more, ...words], /^Console on (\S+)\/$/)
  }

  async start(): Promise<void> {
    this.directory = mkdtempSync(join(tmpdir(), 'odradek-e2e-'))
    await this.startBroker()
    await this.startConsole()
  }

  async stop(): Promise<void> {
    await this.#admin?.close()
    await this.#producer?.close()
    await this.stopConsole()
    await this.stopBroker()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** The scene of a test file: begins before its first test and ends after its last. */
export function ownScene(options: SceneOptions = {}): Scene {
  const scene = new Scene(options)
  test.beforeAll(() => scene.start())
  test.afterAll(() => scene.stop())
  return scene
}
