import { deepEqual, equal, match } from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Broker, startBroker } from '../src/index.ts'
import { Bystander } from './bystander.ts'
import { LogLines } from './log-lines.ts'

/**
 * A broker, somebody who works on it all the time, and raw connections for those who mean it no good. A scene is for one
 * test: a broker writes only so many warnings a second, and here they are counted.
 */
export class HostileScene implements AsyncDisposable {
  readonly log: LogLines
  readonly broker: Broker
  readonly bystander: Bystander

  private constructor(log: LogLines, broker: Broker, bystander: Bystander) {
    this.log = log
    this.broker = broker
    this.bystander = bystander
  }

  static async open(config: Readonly<Record<string, string | number>> = {}): Promise<HostileScene> {
    const log = new LogLines()
    const broker = await startBroker({ logger: log.logger, config: { 'offsets.topic.num.partitions': 2, ...config } })
    return new HostileScene(log, broker, await Bystander.start(broker.port))
  }

  /** A connection for bytes of any kind; `port` is its own. */
  async connect(): Promise<{ socket: Socket; port: number }> {
    const socket = connect(this.broker.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    return { socket, port: socket.localPort! }
  }

  /** Sends bytes, and waits until the broker has closed the connection. Returns what it said there and in its log. */
  async sendUntilClosed(bytes: Uint8Array, { end = false } = {}): Promise<{ said: Buffer; lines: string[] }> {
    const { socket, port } = await this.connect()
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    const closed = once(socket, 'close')
    if (end) socket.end(bytes)
    else socket.write(bytes)
    await closed
    return { said: Buffer.concat(chunks), lines: this.log.about(port).map(({ msg }) => msg) }
  }

  /** The bytes end the connection, without an answer, with one line like `why`. */
  async assertRefused(bytes: Uint8Array, why: RegExp, options: { end?: boolean } = {}): Promise<void> {
    const { said, lines } = await this.sendUntilClosed(bytes, options)
    equal(said.length, 0)
    equal(lines.length, 1, `lines: ${lines.join(' | ')}`)
    match(lines[0]!, why)
  }

  /** Fails where the bystander was disturbed, or something was logged that only a bug or a disk can cause. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.bystander.check()
    await this.bystander.stop()
    await this.broker.close()
    deepEqual(this.log.errors, [])
  }
}
