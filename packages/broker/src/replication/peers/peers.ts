/**
 * The other brokers, to be asked: a connection for each broker and purpose, made when it is first needed and again when it
 * is needed after it ended, with longer and longer pauses while a broker cannot be reached.
 *
 * Each purpose has a connection of its own, because a broker answers in order: what waits for records would hold up the rest.
 */
import type { Api, RequestInput, ResponseOutput, Shape } from '@odradek/protocol'
import type { Host } from '../../host/host.ts'
import { type Asker, PeerConnection } from './peer-connection.ts'
import { PeerError } from './peer-error.ts'

const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 1_000
/** [of `request`] */
const REQUEST_TIMEOUT_MS = 10_000

const PURPOSES = ['fetch', 'fetch-flushed', 'request', 'deliver'] as const

/** What a connection is for. */
export type PeerPurpose = (typeof PURPOSES)[number]

export interface PeersOptions {
  readonly host: Host
  /** This broker's id. */
  readonly nodeId: number
  /** Where a broker is reached by other brokers now; null while it is not registered. */
  readonly addressOf: (brokerId: number) => { host: string; port: number } | null
}

interface Peer {
  connection: PeerConnection | null
  /** Attempts in a row that brought no answer. */
  failures: number
  /** Monotonic: not to be tried before. */
  pausedUntil: number
}

export class Peers {
  readonly #options: PeersOptions
  readonly #peers = new Map<string, Peer>()
  #isClosed = false

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /**
   * Asks a broker. `asker` hears of it later, never before this returns: also where there is no way to that broker now
   * (`unsent` is set then).
   */
  send<Q extends Shape, A extends Shape>(
    brokerId: number,
    purpose: PeerPurpose,
    question: { api: Api<Q, A>; version: number; request: RequestInput<Api<Q, A>>; timeoutMs: number },
    asker: Asker<ResponseOutput<Api<Q, A>>>,
  ): void {
    const connection = this.#connectionTo(brokerId, purpose)
    if (typeof connection === 'string') {
      queueMicrotask(() => asker.failed(new PeerError(connection, { unsent: true })))
      return
    }
    const { api, version, request, timeoutMs } = question
    connection.send(api, version, request, timeoutMs, asker)
  }

  /**
   * Asks a broker, for answers without records. Rejects with a PeerError where it cannot be reached, or does not answer
   * within `timeoutMs` [10 s].
   */
  request<Q extends Shape, A extends Shape>(
    brokerId: number,
    api: Api<Q, A>,
    version: number,
    request: RequestInput<Api<Q, A>>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<ResponseOutput<Api<Q, A>>> {
    return new Promise((resolve, reject) => {
      this.send(brokerId, 'request', { api, version, request, timeoutMs }, { answered: resolve, failed: reject })
    })
  }

  /** Milliseconds until a broker may be asked again for a purpose; 0 for now. */
  pauseMs(brokerId: number, purpose: PeerPurpose): number {
    const peer = this.#peers.get(keyOf(brokerId, purpose))
    if (peer === undefined || peer.connection !== null) return 0
    return Math.max(0, peer.pausedUntil - this.#options.host.clock.monotonic())
  }

  /** Ends a connection, so that the next request is not queued behind what it waits for. All that waits fails. */
  interrupt(brokerId: number, purpose: PeerPurpose): void {
    const peer = this.#peers.get(keyOf(brokerId, purpose))
    if (peer?.connection) {
      peer.connection.close('the connection was ended by this broker')
      peer.pausedUntil = 0
    }
  }

  /** A broker has registered anew, or is gone: it is tried at once, at the address it has now. */
  moved(brokerId: number): void {
    for (const purpose of PURPOSES) {
      const peer = this.#peers.get(keyOf(brokerId, purpose))
      if (peer === undefined) continue
      peer.connection?.close(`broker ${brokerId} has registered anew`)
      peer.failures = 0
      peer.pausedUntil = 0
    }
  }

  close(): void {
    this.#isClosed = true
    for (const { connection } of this.#peers.values()) connection?.close('this broker stops')
    this.#peers.clear()
  }

  /** The connection, or why there is none now. */
  #connectionTo(brokerId: number, purpose: PeerPurpose): PeerConnection | string {
    if (this.#isClosed) return 'this broker stops'
    const { host, nodeId, addressOf } = this.#options
    const key = keyOf(brokerId, purpose)
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      peer = { connection: null, failures: 0, pausedUntil: 0 }
      this.#peers.set(key, peer)
    }
    if (peer.connection !== null) return peer.connection
    if (host.clock.monotonic() < peer.pausedUntil) return `broker ${brokerId} could not be reached a moment ago`
    const address = addressOf(brokerId)
    if (address === null) return `broker ${brokerId} is not registered`
    const found = peer
    peer.connection = new PeerConnection(host, address, {
      name: `broker ${brokerId} at ${address.host}:${address.port}`,
      clientId: `broker-${nodeId}`,
      ended: (connection) => this.#ended(found, connection),
    })
    return peer.connection
  }

  #ended(peer: Peer, connection: PeerConnection): void {
    if (peer.connection !== connection) return
    peer.connection = null
    peer.failures = connection.hasAnswered ? 0 : peer.failures + 1
    const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** peer.failures, PAUSE_MS_MAX)
    peer.pausedUntil = this.#options.host.clock.monotonic() + pauseMs
  }
}

function keyOf(brokerId: number, purpose: PeerPurpose): string {
  return `${brokerId} ${purpose}`
}
