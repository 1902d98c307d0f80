/**
 * One client connection: frames in, requests dispatched in order, answers out in order.
 *
 *   frame ─▶ header ─▶ version ─▶ handler ─▶ exchange ─┬─ answered: encoded into the output, sent once per turn
 *                                                      └─ waits: the answers behind it wait with it
 *
 * Requests behind a blocking one (a fetch that polls, a join that waits) are not read until it is answered: their answers
 * could not overtake it. Nor are they while `connection.requests.max` answers or `connection.queued.max.bytes` are
 * outstanding, or where the memory for requests and answers is used up and this connection has its part in that.
 */
import {
  type Api,
  ApiVersions,
  apis,
  errors,
  ProtocolError,
  Reader,
  readRequestHeader,
  Writer,
  writeResponseHeader,
} from '@odradek/protocol'
import { type FrameHandlers, FrameReader } from '../host/frame-reader.ts'
import type { Connection, ConnectionHandlers } from '../host/network.ts'
import type { TurnTask } from '../host/turn.ts'
import type { BrokerContext } from './broker-context.ts'
import { Exchange } from './exchange.ts'
import { foreignProtocolText } from './foreign-protocol.ts'
import type { LateReader } from './late-reads.ts'
import { MemoryAccount, type MemoryTaker } from './request-memory.ts'

/** Memory that an answer with ranges of files has while it waits for its client, beside its own bytes. */
const RANGE_BUFFER_BYTES = 64 * 1024
/** How long a connection's requests are served before others have their turn; to send the answers takes as long again. */
const TURN_SHARE_MS = 0.1
/** … where so much lies behind them in the buffer that others will read into: to set that aside would cost more. */
const TURN_SHARE_MS_MAX = 0.3
const SET_ASIDE_BYTES_MAX = 32 * 1024
/** Bytes of requests that are kept while an earlier one blocks; above it the socket is not read. */
const BACKLOG_BYTES_MAX = 256 * 1024
/** Output buffers that grew above this size are not kept. */
const KEPT_OUTPUT_BYTES_MAX = 1024 * 1024
const SPARE_OUTPUTS_MAX = 64

const reader = new Reader()
const spareOutputs: Writer[] = []

export class ServerConnection implements ConnectionHandlers, FrameHandlers, LateReader, MemoryTaker, TurnTask {
  readonly broker: BrokerContext
  /** Name of the listener it came in by: Metadata answers with that listener's addresses. */
  readonly listenerName: string
  readonly #socket: Connection
  readonly #frames: FrameReader
  readonly #closed: (connection: ServerConnection) => void
  /** Requests not sent yet, oldest first. */
  readonly #exchanges: Exchange[] = []
  #output: Writer | null = null
  /** Bytes of files in answers that were given but not sent. */
  #unsentBytes = 0
  /** Memory of answers that were sent and that the kernel has not taken. */
  #waitingBytes = 0
  /** Monotonic milliseconds: now, as far as this connection's requests are concerned. */
  #now: number
  /** … when the bytes came that are read next. */
  #arrivedAt: number
  /** … when its share of this turn began. */
  #shareBeganAt: number
  /** It has had its share of this turn. */
  #yields = false
  #sending = false
  #blockedBy: Exchange | null = null
  /** Whether that one waits for others. */
  #isPolling = false
  #serving: boolean
  #paused = false
  /** It is to be finished when it has had its turns. */
  #finishing = false
  /** No request is read any more: the broker stops, or the client sent what cannot be read. */
  #ending = false
  /** The client sends no more, but may still wait for answers. */
  #halfClosed = false
  #gone = false
  /** How many bytes the request has that was read last. */
  requestBytes = 0
  /** Monotonic milliseconds of the last request or answer. */
  lastActiveAt: number
  /** Name and version the client gave of itself (KIP-511). */
  softwareName = ''
  softwareVersion = ''

  constructor(
    socket: Connection,
    broker: BrokerContext,
    listenerName: string,
    serving: boolean,
    closed: (connection: ServerConnection) => void,
  ) {
    this.broker = broker
    this.listenerName = listenerName
    this.#socket = socket
    this.#closed = closed
    const now = () => broker.host.clock.monotonic()
    const memory = new MemoryAccount(broker.requestMemory, this, now)
    this.#frames = new FrameReader(broker.config['socket.request.max.bytes'], this, memory)
    this.lastActiveAt = now()
    this.#now = this.lastActiveAt
    this.#arrivedAt = this.#now
    this.#shareBeganAt = this.#now
    if (!serving) this.#frames.stop()
    this.#serving = serving
    socket.start(this)
  }

  /** Begins to serve a connection that was accepted before the broker was ready. */
  serve(): void {
    this.#serving = true
    this.#regulate()
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress
  }

  /** `address:port` of the client, for logs. */
  get remote(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`
  }

  /** Whether it has ended: nobody hears an answer any more. */
  get isGone(): boolean {
    return this.#gone
  }

  /** Requests that wait for their answer. */
  get outstanding(): number {
    return this.#exchanges.length
  }

  data(buffer: Buffer, view: DataView, start: number, end: number): void {
    this.broker.requestMetrics.bytesIn += end - start
    if (this.#ending) return
    this.#now = this.broker.host.clock.monotonic()
    this.#shareBeganAt = this.#now
    // What is kept behind a request that waits has waited since the first of it came.
    if (!this.#frames.stopped) this.#arrivedAt = this.#now
    this.#frames.push(buffer, view, start, end)
    this.#regulate()
  }

  ended(): void {
    this.#halfClosed = true
    this.#endWhenDone()
  }

  drained(): void {
    this.#regulate()
  }

  closed(error: Error | null): void {
    if (this.#gone) return
    this.#gone = true
    if (error) this.broker.logger.debug({ remote: this.remote, err: error }, 'The connection broke')
    if (!this.#ending) this.#endInsideRequest()
    this.#frames.close()
    for (const exchange of this.#exchanges) exchange.abandon()
    this.#exchanges.length = 0
    this.#closed(this)
  }

  /** Whether there is nothing to do: all that came is answered, and the answers are sent, but for a poll that waits. */
  get isWaiting(): boolean {
    const [first] = this.#exchanges
    const isAnswered = !first || (this.#isPolling && first === this.#blockedBy)
    const { partialBytes, backlogBytes } = this.#frames
    return isAnswered && partialBytes + backlogBytes + this.#socket.queuedBytes === 0
  }

  /** Closes once what was asked is answered. A poll that waits is answered with what there is, where it can be. */
  finish(): void {
    // What lies here because others had their turn was asked before.
    this.#finishing = this.#yields
    if (this.#finishing) return
    this.#ending = true
    this.#blockedBy?.onHurried?.()
    this.#endWhenDone()
  }

  /** Closes for its silence, which is worth a line where a request came only in part. */
  idle(): void {
    const { partialBytes } = this.#frames
    const { queuedBytes } = this.#socket
    if (partialBytes > 0) this.refuse(`a request stopped after ${partialBytes} bytes for connections.max.idle.ms`)
    else if (queuedBytes > 0) this.refuse(`${queuedBytes} bytes of answers were not read for connections.max.idle.ms`)
    else this.finish()
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Ends the connection for what the client sent, with one log line that says why. */
  refuse(reason: string, exchange?: Exchange): void {
    if (this.#gone || this.#ending) return
    this.broker.logLimiter.warn(
      'request',
      { remote: this.remote, api: exchange?.api.name, version: exchange?.version, clientId: exchange?.clientId },
      `Closed a connection: ${reason}`,
    )
    this.#ending = true
    this.#frames.close()
    this.#socket.destroy()
  }

  badLength(length: number): void {
    const most = this.broker.config['socket.request.max.bytes']
    const foreign = foreignProtocolText(length)
    this.refuse(`a request of ${length} bytes was announced; socket.request.max.bytes allows 1 to ${most}${foreign}`)
  }

  /** There is room in the memory for requests: what had to wait is read on. */
  roomMade(): void {
    if (this.#gone || this.#ending) return
    if (this.#mayRead()) this.#readOn()
    this.#regulate()
  }

  tooSlow(): void {
    this.refuse('a request came so slowly that others waited for its memory (memory.request.bytes.max)')
  }

  /** One request. */
  frame(buffer: Buffer, view: DataView, start: number, end: number): boolean {
    const now = this.#now
    this.lastActiveAt = now
    this.requestBytes = end - start
    reader.reset(buffer, view, start, end)
    reader.elementsMax = this.broker.config['request.elements.max']
    let exchange: Exchange | undefined
    try {
      const header = readRequestHeader(reader, isFlexible)
      const api = apis.get(header.apiKey)
      const handler = this.broker.handlers.get(header.apiKey)
      if (!api || !handler) {
        this.refuse(`API key ${header.apiKey} is not served`)
        return false
      }
      const { apiVersion } = header
      exchange = new Exchange(this, api, apiVersion, header.correlationId, header.clientId, this.#arrivedAt, now)
      if (apiVersion < api.versions[0] || apiVersion > api.versions[1]) {
        if (api.key !== ApiVersions.key) {
          this.refuse(`${api.name} has versions ${api.versions[0]} to ${api.versions[1]}, not ${apiVersion}`, exchange)
          return false
        }
        this.#exchanges.push(exchange)
        exchange.answer(UNSUPPORTED_API_VERSIONS)
        return true
      }
      this.#exchanges.push(exchange)
      const response = handler.serve(reader, exchange)
      const servedAt = this.broker.host.clock.monotonic()
      this.#now = servedAt
      exchange.servedAt = servedAt
      if (response !== undefined) exchange.answer(response, servedAt)
      else if ((handler.blocking || exchange.blocks) && !exchange.answered) {
        this.#blockedBy = exchange
        this.#isPolling = handler.isPoll
      }
    } catch (error) {
      this.#failed(error as Error, exchange)
      return false
    }
    if (this.#isShareUsed()) this.#yield(true)
    return !this.#ending && this.#mayRead()
  }

  /** Called by an exchange that has its answer. */
  answered(exchange: Exchange): void {
    if (this.#blockedBy === exchange) this.#blockedBy = null
    this.#unsentBytes += exchange.answerBytes
    if (this.#gone || this.#sending) return
    if (this.#exchanges[0] !== exchange) return
    this.#sending = true
    this.broker.turn.defer('send', this)
  }

  /** End of the turn: what is answered is sent, once. */
  endTurn(): void {
    this.#sending = false
    if (this.#gone) return
    const exchanges = this.#exchanges
    let count = 0
    while (count < exchanges.length && exchanges[count]!.answered) {
      const exchange = exchanges[count]!
      try {
        this.#encode(exchange)
      } catch (error) {
        this.#failed(error as Error, exchange)
        return
      }
      count += 1
    }
    this.#flush(exchanges.splice(0, count))
    this.#regulate()
    this.#endWhenDone()
  }

  #encode(exchange: Exchange): void {
    const { response, api, version } = exchange
    this.#unsentBytes -= exchange.answerBytes
    exchange.letGo()
    if (response === null) return
    this.broker.requestMetrics.answered(api.key, response)
    this.#output ??= spareOutputs.pop() ?? new Writer(16 * 1024)
    const output = this.#output
    const start = output.length
    const before = output.totalLength
    output.int32(0)
    const isUnsupported = response === UNSUPPORTED_API_VERSIONS
    const flexible = api.key !== ApiVersions.key && api.response.isFlexible(version)
    writeResponseHeader(output, exchange.correlationId, flexible)
    api.response.encode(output, response as never, isUnsupported ? 0 : version)
    output.patchInt32(start, output.totalLength - before - 4)
    if (this.broker.config['request.log']) this.#log(exchange, output.totalLength - before)
  }

  /** Sends the answers of `answered`, which are encoded. */
  #flush(answered: readonly Exchange[]): void {
    const output = this.#output
    if (!output || output.length === 0) {
      this.#countSent(answered)
      return
    }
    this.#output = null
    const { requestMemory, requestMetrics } = this.broker
    const waitingBytes = output.buffer.length + (output.inserts.length > 0 ? RANGE_BUFFER_BYTES : 0)
    requestMetrics.bytesOut += output.totalLength
    this.#waitingBytes += waitingBytes
    requestMemory.queue(waitingBytes)
    this.#socket.send(output.buffer, 0, output.length, output.inserts, () => {
      this.#waitingBytes -= waitingBytes
      requestMemory.queue(-waitingBytes)
      this.#countSent(answered)
      if (output.buffer.length > KEPT_OUTPUT_BYTES_MAX || spareOutputs.length >= SPARE_OUTPUTS_MAX) return
      output.reset()
      spareOutputs.push(output)
    })
  }

  #countSent(answered: readonly Exchange[]): void {
    if (answered.length === 0) return
    const { requestMetrics, host } = this.broker
    const now = host.clock.monotonic()
    this.lastActiveAt = now
    for (const exchange of answered) requestMetrics.sent(exchange, now)
  }

  #mayRead(): boolean {
    const { config, requestMemory } = this.broker
    return (
      this.#serving &&
      !this.#yields &&
      this.#blockedBy === null &&
      this.#exchanges.length < config['connection.requests.max'] &&
      this.#socket.queuedBytes + this.#unsentBytes < config['connection.queued.max.bytes'] &&
      (this.#waitingBytes === 0 || !requestMemory.isFull)
    )
  }

  /** Lets other connections be read before the next requests of this one. */
  #yield(hadShare: boolean): void {
    if (this.#yields) return
    this.#yields = true
    this.broker.lateReads.add(this, hadShare)
  }

  readOnLate(): void {
    this.#yields = false
    if (this.#canReadOn()) this.#readOn()
    this.#regulate()
    if (this.#finishing) this.finish()
    else this.#endWhenDone()
  }

  #isShareUsed(): boolean {
    const usedMs = this.#now - this.#shareBeganAt
    if (usedMs <= TURN_SHARE_MS) return false
    const { behindBytes, isBehindKept } = this.#frames
    return usedMs > TURN_SHARE_MS_MAX || (behindBytes > 0 && (isBehindKept || behindBytes <= SET_ASIDE_BYTES_MAX))
  }

  #canReadOn(): boolean {
    const frames = this.#frames
    return !this.#gone && !this.#ending && frames.stopped && !frames.starved && this.#mayRead()
  }

  #readOn(): void {
    this.#now = this.broker.host.clock.monotonic()
    this.#shareBeganAt = this.#now
    this.#frames.resume()
  }

  /** Reads on where it stopped, and pauses the socket while too much is outstanding. */
  #regulate(): void {
    if (this.#gone || this.#ending) return
    const { config, requestMemory } = this.broker
    const frames = this.#frames
    if (this.#canReadOn()) {
      // What it has set aside would be a share of its own each time that others are answered.
      if (frames.backlogBytes > 0) this.#yield(false)
      else this.#readOn()
    }
    const full =
      frames.starved ||
      frames.backlogBytes > (requestMemory.isFull ? 0 : BACKLOG_BYTES_MAX) ||
      this.#socket.queuedBytes >= config['connection.queued.max.bytes']
    if (full === this.#paused) return
    this.#paused = full
    if (full) this.#socket.pause()
    else this.#socket.resume()
  }

  /** Closes where nobody will ask and everybody was answered. */
  #endWhenDone(): void {
    // A long poll has nothing to finish: a stopping broker does not wait for it.
    const [first] = this.#exchanges
    const isDone = !first || (this.#ending && this.#isPolling && first === this.#blockedBy)
    if (!isDone || this.#sending) return
    if (!this.#ending && (!this.#halfClosed || this.#frames.stopped)) return
    if (!this.#ending) this.#endInsideRequest()
    this.#socket.end()
  }

  /** The client sends no more: says so where it broke off. */
  #endInsideRequest(): void {
    const { partialBytes } = this.#frames
    if (partialBytes === 0) return
    this.#frames.close()
    const reason = `its client ended it inside a request, of which ${partialBytes} bytes had come`
    this.broker.logLimiter.warn('request', { remote: this.remote }, `Closed a connection: ${reason}`)
  }

  #failed(error: Error, exchange: Exchange | undefined): void {
    if (error instanceof ProtocolError) {
      this.refuse(`the request could not be read: ${error.message}`, exchange)
      return
    }
    this.broker.logger.error(
      { remote: this.remote, api: exchange?.api.name, version: exchange?.version, err: error },
      'Serving a request failed; its connection is closed',
    )
    this.#ending = true
    this.#frames.close()
    this.#socket.destroy()
  }

  #log(exchange: Exchange, bytes: number): void {
    this.broker.logger.info(
      {
        remote: this.remote,
        api: exchange.api.name,
        version: exchange.version,
        clientId: exchange.clientId,
        correlationId: exchange.correlationId,
        ms: Math.round((this.broker.host.clock.monotonic() - exchange.receivedAt) * 1000) / 1000,
        bytes,
      },
      'request',
    )
  }
}

/** KIP-511: the answer to an ApiVersions request of an unknown version, in the shape of version 0. */
const UNSUPPORTED_API_VERSIONS = {
  errorCode: errors.UNSUPPORTED_VERSION.code,
  apiKeys: [{ apiKey: ApiVersions.key, minVersion: ApiVersions.versions[0], maxVersion: ApiVersions.versions[1] }],
}

function isFlexible(apiKey: number, apiVersion: number): boolean | null {
  const api: Api | undefined = apis.get(apiKey)
  const known = api && apiVersion >= api.versions[0] && apiVersion <= api.versions[1]
  return known ? api.request.isFlexible(apiVersion) : null
}
