/**
 * A connection to a Kafka cluster, any Kafka cluster: sockets, TLS and SASL are @platformatic/kafka's, the messages are
 * the tables of @odradek/protocol, in the newest version that both sides speak.
 *
 *     await using cluster = new Cluster({ bootstrap: ['127.0.0.1:9092'] })
 *     const { topics } = await cluster.request(Metadata, { topics: null })
 *
 * Sockets open at the first request, are shared, and close after `idleMs` without one.
 */

import { isIP } from 'node:net'
import {
  type Api,
  ApiVersions,
  type Decoded,
  type Encodable,
  isResponseHeaderFlexible,
  Reader,
  type Shape,
  sliceOf,
  Writer,
} from '@odradek/protocol'
import { type Connection, type ConnectionOptions, ConnectionPool, Writer as WireWriter } from '@platformatic/kafka'
import { KafkaError, UnreachableError, UnsupportedError } from './cluster-errors.ts'
import { type ClusterMetadata, fetchMetadata } from './cluster-metadata.ts'

export interface ClusterOptions {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly bootstrap: readonly string[]
  /** Names this program in the brokers' logs and quotas [odradek-console]. */
  readonly clientId?: string
  readonly tls?: ConnectionOptions['tls']
  readonly sasl?: ConnectionOptions['sasl']
  /** How long a request may take [30 s], and a connection to be made [5 s]. */
  readonly requestTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Sockets close when nothing was asked for this long [5 min]. */
  readonly idleMs?: number
  /** How old the answer of `metadata()` may be [2 s]. */
  readonly metadataAgeMaxMs?: number
}

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** Where a request goes: any broker, the controller, or a broker by its id. */
export type Target = 'any' | 'controller' | number

interface VersionRange {
  readonly min: number
  readonly max: number
}
type Versions = ReadonlyMap<number, VersionRange>

/** What a broker says it serves. */
export interface ServedApis {
  readonly apis: Versions
  readonly features: ReadonlyMap<string, number>
}

const INFLIGHT_MAX = 32

export class Cluster implements AsyncDisposable {
  readonly options: ClusterOptions
  readonly #bootstrap: readonly BrokerAddress[]
  readonly #idleMs: number
  /** Connections to hosts with a name, and to those with an address only. */
  readonly #pools = new Map<'named' | 'numbered', ConnectionPool>()
  #served = new WeakMap<Connection, Promise<ServedApis>>()
  #metadata: Promise<ClusterMetadata> | null = null
  #metadataAtMs = 0
  /** The newest that is known, however old: says where brokers are. */
  #lastMetadata: ClusterMetadata | null = null
  #idleTimer: NodeJS.Timeout | null = null
  #inFlight = 0
  #closed = false

  constructor(options: ClusterOptions) {
    if (options.bootstrap.length === 0) throw new TypeError('bootstrap needs at least one host:port')
    this.options = options
    this.#bootstrap = options.bootstrap.map(parseAddress)
    this.#idleMs = options.idleMs ?? 300_000
  }

  /**
   * Sends one request and resolves with its answer; error codes in it are the caller's to read. Throws UnreachableError
   * or UnsupportedError. `atMost` and `atLeast` narrow the version. `before` is called right before the request is given
   * to the connection, which may keep it while others wait for their answers; what it throws ends the request, unsent.
   */
  async request<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    input: Encodable<Q>,
    target: Target = 'any',
    range: { atLeast?: number; atMost?: number; tried?: string; before?: () => void } = {},
  ): Promise<Decoded<A>> {
    const tried = range.tried ?? `${api.name}${target === 'any' ? '' : ` at ${targetText(target)}`}`
    const connection = await this.#connect(target, tried)
    const served = await this.#servedBy(connection, tried)
    const version = newestCommon(api, served.apis, range.atLeast ?? 0, range.atMost ?? Number.MAX_SAFE_INTEGER)
    if (version === null) throw new UnsupportedError(api.name, tried)
    range.before?.()
    return this.#send(connection, api, version, input, tried)
  }

  /** The APIs and features that a broker serves. */
  async served(target: Target = 'any'): Promise<ServedApis> {
    const connection = await this.#connect(target, 'ApiVersions')
    return this.#servedBy(connection, 'ApiVersions')
  }

  /** Whether the cluster (the broker asked) serves an API, from `version` on. */
  async serves(api: Api, version = 0, target: Target = 'any'): Promise<boolean> {
    const { apis } = await this.served(target)
    return newestCommon(api, apis, version, Number.MAX_SAFE_INTEGER) !== null
  }

  /** Brokers, controller and all topics with their partitions, at most `metadataAgeMaxMs` old; shared by all callers. */
  metadata(ageMaxMs: number = this.options.metadataAgeMaxMs ?? 2000): Promise<ClusterMetadata> {
    const now = performance.now()
    if (this.#metadata && now - this.#metadataAtMs <= ageMaxMs) return this.#metadata
    const asked = fetchMetadata(this).then((metadata) => {
      this.#lastMetadata = metadata
      return metadata
    })
    this.#metadata = asked
    this.#metadataAtMs = now
    asked.catch(() => {
      if (this.#metadata === asked) this.#metadata = null
    })
    return asked
  }

  /** Forgets what `metadata()` knows: something was changed. */
  forget(): void {
    this.#metadata = null
  }

  /** Closes the sockets; nothing can be asked after that. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#idleTimer) clearTimeout(this.#idleTimer)
    await this.#closePools()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #closePools(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.close()))
  }

  #openPool({ host }: BrokerAddress): ConnectionPool {
    const kind = isIP(host) === 0 ? 'named' : 'numbered'
    const open = this.#pools.get(kind)
    if (open) return open
    const { tls, sasl, clientId, requestTimeoutMs, connectTimeoutMs } = this.options
    const pool = new ConnectionPool(clientId ?? 'odradek-console', {
      requestTimeout: requestTimeoutMs ?? 30_000,
      connectTimeout: connectTimeoutMs ?? 5000,
      maxInflights: INFLIGHT_MAX,
      // A host is told by which name it is asked, as those behind one address want it; an IP address is no such name (RFC 6066).
      ...(tls ? { tls, tlsServerName: tls.servername ?? kind === 'named' } : {}),
      ...(sasl ? { sasl } : {}),
    })
    // The pool listens for one error of a connection; a second would end the process.
    pool.on('connecting', ({ connection }) => connection.on('error', () => {}))
    this.#pools.set(kind, pool)
    return pool
  }

  async #connect(target: Target, tried: string): Promise<Connection> {
    if (this.#closed) throw new UnreachableError(tried, 'the connection has been closed by this program')
    this.#touch()
    const addresses = target === 'any' ? this.#anyAddresses() : [await this.#addressOf(target, tried)]
    let last: Error | null = null
    for (const address of addresses) {
      try {
        return await this.#openPool(address).get(address)
      } catch (error) {
        last = error as Error
      }
    }
    throw new UnreachableError(tried, reasonOf(last), { cause: last })
  }

  /** Brokers that are connected first, so that one that is down costs its timeout once and not at every request. */
  #anyAddresses(): readonly BrokerAddress[] {
    const known = this.#lastMetadata?.brokers ?? []
    const all = [...known, ...this.#bootstrap]
    const connected = all.filter(
      (address) => this.#openPool(address).getEstablishedConnection(address)?.isConnected() === true,
    )
    return [...connected, ...this.#bootstrap, ...known]
  }

  async #addressOf(target: number | 'controller', tried: string): Promise<BrokerAddress> {
    const find = (metadata: ClusterMetadata | null) => {
      const nodeId = target === 'controller' ? metadata?.controllerId : target
      return metadata?.brokers.find((broker) => broker.nodeId === nodeId)
    }
    const known = find(this.#lastMetadata) ?? find(await this.metadata())
    if (known) return known
    // A cluster whose controllers are apart from its brokers lets any broker forward.
    if (target === 'controller') return (await this.metadata()).brokers[0] ?? this.#bootstrap[0]!
    throw new UnreachableError(tried, `it has no broker ${target} at the moment`)
  }

  #servedBy(connection: Connection, tried: string): Promise<ServedApis> {
    const known = this.#served.get(connection)
    if (known) return known
    const asked = this.#askServed(connection, tried)
    this.#served.set(connection, asked)
    asked.catch(() => this.#served.delete(connection))
    return asked
  }

  async #askServed(connection: Connection, tried: string): Promise<ServedApis> {
    // Version 0 is understood by every broker; the features are in 3 and later, which brokers older than 2.4 refuse.
    let answer = await this.#send(connection, ApiVersions, 0, {}, tried)
    const own = answer.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)
    if (own && own.maxVersion >= 3) {
      const client = { clientSoftwareName: 'odradek-console', clientSoftwareVersion: '0.1.0' }
      answer = await this.#send(connection, ApiVersions, 3, client, tried)
    }
    if (answer.errorCode !== 0) throw new KafkaError(answer.errorCode, tried)
    return {
      apis: new Map(
        answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
      ),
      features: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
    }
  }

  async #send<Q extends Shape, A extends Shape>(
    connection: Connection,
    api: Api<Q, A>,
    version: number,
    input: Encodable<Q>,
    tried: string,
  ): Promise<Decoded<A>> {
    const flexible = api.request.isFlexible(version)
    this.#inFlight += 1
    try {
      return await new Promise<Decoded<A>>((resolve, reject) => {
        connection.send<Decoded<A>>(
          api.key,
          version,
          () => encode(api, version, input),
          (_correlationId, _key, _version, answer) => decode(api, version, answer.buffer.slice() as Buffer),
          flexible,
          isResponseHeaderFlexible(api.key, api.response.isFlexible(version)),
          (error, answer) => (error ? reject(error) : resolve(answer as Decoded<A>)),
        )
      })
    } catch (error) {
      throw new UnreachableError(tried, reasonOf(error as Error), { cause: error })
    } finally {
      this.#inFlight -= 1
      this.#touch()
    }
  }

  #touch(): void {
    if (this.#idleTimer) {
      this.#idleTimer.refresh()
      return
    }
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = null
      if (this.#inFlight > 0) return this.#touch()
      this.#closePools().catch(() => {})
    }, this.#idleMs).unref()
  }
}

function encode<Q extends Shape>(api: Api<Q>, version: number, input: Encodable<Q>): WireWriter {
  const writer = new Writer(1024)
  api.request.encode(writer, input, version)
  return WireWriter.create().append(Buffer.from(writer.buffer.subarray(0, writer.length)))
}

function decode<A extends Shape>(api: Api<Shape, A>, version: number, bytes: Buffer): Decoded<A> {
  const { buffer, view, start, end } = sliceOf(bytes)
  return api.response.decode(new Reader(buffer, view, start, end), version)
}

function newestCommon(api: Api, served: Versions, atLeast: number, atMost: number): number | null {
  const theirs = served.get(api.key)
  if (!theirs) return null
  const version = Math.min(theirs.max, api.versions[1], atMost)
  return version >= Math.max(theirs.min, api.versions[0], atLeast) ? version : null
}

function targetText(target: number | 'controller'): string {
  return target === 'controller' ? 'the controller' : `broker ${target}`
}

/** `host:port`, `[v6]:port`; the port may be missing. */
function parseAddress(text: string): BrokerAddress {
  const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(text.trim())
  const host = match?.[1]
  if (!host) throw new TypeError(`"${text}" is no broker address; write host:port`)
  return { host, port: match[2] === undefined ? 9092 : Number(match[2]) }
}

/** The innermost reason that says something. */
function reasonOf(error: Error | null): string {
  let reason = error?.message ?? 'no broker is known'
  for (let cause = error?.cause; cause instanceof Error; cause = cause.cause) if (cause.message) reason = cause.message
  return reason
}
