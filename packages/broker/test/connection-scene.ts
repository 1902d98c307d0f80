/** Connections on a turn that the test ends: real turns, memory and late reads, sockets of which only the bytes are real. */
import assert from 'node:assert/strict'
import { ApiVersions, Writer, writeRequestHeader } from '@odradek/protocol'
import type { Clock } from '../src/host/clock.ts'
import type { Connection, ConnectionHandlers } from '../src/host/network.ts'
import { Turn } from '../src/host/turn.ts'
import type { BrokerContext } from '../src/server/broker-context.ts'
import type { Exchange, Handler } from '../src/server/exchange.ts'
import { LateReads } from '../src/server/late-reads.ts'
import { RequestMemory } from '../src/server/request-memory.ts'
import { RequestMetrics } from '../src/server/request-metrics.ts'
import { ServerConnection } from '../src/server/server-connection.ts'

/** A response of ApiVersions, the API that the clients of a scene ask for. */
export const ANSWER = { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }

const TURNS_MAX = 10_000

function request(correlationId: number): Buffer {
  const output = new Writer(64)
  output.int32(0)
  writeRequestHeader(output, { apiKey: ApiVersions.key, apiVersion: 0, correlationId, clientId: null }, false)
  ApiVersions.request.encode(output, {} as never, 0)
  output.patchInt32(0, output.length - 4)
  return Buffer.from(output.buffer.subarray(0, output.length))
}

export interface ConnectionSceneOptions {
  readonly clock: Clock
  /** Serves whatever a client asks for. */
  readonly serve: (exchange: Exchange) => object | undefined
  /** `memory.request.bytes.max` [as good as none]. */
  readonly memoryBytesMax?: number
}

export class ConnectionScene {
  /** What was answered, in its order: the client's name and the request's number. */
  readonly sent: string[] = []
  /** What was logged. */
  readonly lines: string[] = []
  readonly memory: RequestMemory
  readonly #ends: (() => void)[] = []
  readonly #broker: BrokerContext

  constructor({ clock, serve, memoryBytesMax = 1e9 }: ConnectionSceneOptions) {
    const timers = { after: () => ({ cancel() {} }), endOfTurn: (run: () => void) => void this.#ends.push(run) }
    const turn = new Turn(timers)
    this.memory = new RequestMemory(turn, () => memoryBytesMax)
    const handler = { serve: (_reader: unknown, exchange: Exchange) => serve(exchange) } as unknown as Handler
    this.#broker = {
      host: { clock, timers },
      turn,
      lateReads: new LateReads(clock, turn),
      requestMemory: this.memory,
      requestMetrics: new RequestMetrics(),
      handlers: new Map([[ApiVersions.key, handler]]),
      logger: { error: ({ err }: { err: Error }) => this.lines.push(`error: ${err.message}`), debug() {} },
      logLimiter: { warn: (_kind: string, _about: unknown, text: string) => this.lines.push(text) },
      config: {
        'socket.request.max.bytes': 1e6,
        'request.elements.max': 1000,
        'connection.requests.max': 10,
        'connection.queued.max.bytes': 1e6,
        'request.log': false,
      },
    } as unknown as BrokerContext
  }

  client(name: string): SceneClient {
    return new SceneClient(name, this.#broker, this.sent)
  }

  get isTurnDue(): boolean {
    return this.#ends.length > 0
  }

  /** Ends the turn, if anybody waits for that. */
  endTurn(): void {
    for (const end of this.#ends.splice(0)) end()
  }

  /** Ends turns as long as there is one to end; how many there were. */
  settle(): number {
    let turns = 0
    for (; this.isTurnDue; turns++) {
      assert.ok(turns < TURNS_MAX, 'the turns come to an end')
      this.endTurn()
    }
    return turns
  }
}

/** One connection, seen from its client; its address is its name. */
export class SceneClient {
  #handlers: ConnectionHandlers | null = null
  isEnded = false
  isDestroyed = false

  constructor(name: string, broker: BrokerContext, sent: string[]) {
    const socket: Connection = {
      remoteAddress: name,
      remotePort: 1,
      queuedBytes: 0,
      start: (handlers) => {
        this.#handlers = handlers
      },
      send(buffer, start, end, _inserts, taken) {
        for (let at = start; at < end; at += 4 + buffer.readInt32BE(at))
          sent.push(`${name} ${buffer.readInt32BE(at + 4)}`)
        queueMicrotask(taken)
      },
      pause() {},
      resume() {},
      end: () => {
        this.isEnded = true
      },
      destroy: () => {
        this.isDestroyed = true
        this.leave()
      },
    }
    new ServerConnection(socket, broker, 'PLAINTEXT', true, () => {})
  }

  /** Sends requests of these numbers at once. */
  ask(...correlationIds: number[]): void {
    const bytes = Buffer.concat(correlationIds.map(request))
    this.#handlers!.data(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
  }

  /** Sends no more. */
  end(): void {
    this.#handlers!.ended()
  }

  /** The connection is gone. */
  leave(): void {
    this.#handlers!.closed(null)
  }
}
