/**
 * The broker that a protocol test speaks to: one of ours, fresh. Where ODRADEK_PEER_PORT names a port of this machine, it
 * is the Kafka that listens there: so the stories are held against their judge. What only we promise is skipped then.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Broker, startBroker } from '../../src/index.ts'
import { WireClient } from '../wire-client.ts'

const peerPort = Number(process.env.ODRADEK_PEER_PORT ?? 0)

/** Set when a Kafka is asked: the reason to skip what it does not promise. */
export const oursOnly = peerPort > 0 ? 'only our own broker promises this' : false

/** Kafka answers before its broker has heard of a change, so a peer is given a moment; ours is not. */
export async function settled(): Promise<void> {
  if (oursOnly) await setTimeout(200)
}

export class Subject {
  readonly port: number
  readonly #broker: Broker | null
  readonly #clients: WireClient[] = []

  private constructor(port: number, broker: Broker | null) {
    this.port = port
    this.#broker = broker
  }

  /** Starts the broker with settings of its own (a peer has those it was started with). */
  static async start(
    config: Readonly<Record<string, string | number | boolean>> = {},
    logger?: Logger,
  ): Promise<Subject> {
    if (peerPort > 0) return new Subject(peerPort, null)
    const broker = await startBroker({
      config: { 'offsets.topic.num.partitions': 2, ...config },
      ...(logger === undefined ? {} : { logger }),
    })
    return new Subject(broker.port, broker)
  }

  /** Our broker; there is none where a peer is asked. */
  get broker(): Broker {
    if (!this.#broker) throw new Error('A peer is asked, not our broker')
    return this.#broker
  }

  /** A connection that is closed with the subject at the latest. */
  async connect(): Promise<WireClient> {
    const client = await WireClient.connect(this.port)
    this.#clients.push(client)
    return client
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.#broker?.close()
  }
}
