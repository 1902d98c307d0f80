/**
 * What is counted of requests: how many by API, the errors they were answered with, and where their time went:
 *
 *   came ──queue──▶ served ──local──▶ decided ──wait──▶ answered ──send──▶ taken by the kernel
 *
 * The numbers live in flat arrays, so that counting costs a few nanoseconds; they are put into words when someone asks.
 */
import { apis } from '@odradek/protocol'
import { LatencyHistograms, type LatencyRow } from '../metering/latency-histograms.ts'
import type { Exchange } from './exchange.ts'
import { type ErrorPlaces, eachErrorCode, errorPlacesOf } from './response-errors.ts'

export const requestPhases = ['queue', 'local', 'wait', 'send'] as const
export type RequestPhase = (typeof requestPhases)[number]
const PHASES = requestPhases.length

const KEYS = Math.max(...apis.keys()) + 1

export class RequestMetrics {
  /** Bytes received and sent, of all connections. */
  bytesIn = 0
  bytesOut = 0
  readonly #latencies = new LatencyHistograms(KEYS * PHASES)
  readonly #requests = new Float64Array(KEYS)
  readonly #places: (ErrorPlaces | null)[] = []
  readonly #errors = new Map<number, Map<number, number>>()
  #apiKey = 0
  readonly #foundError = (errorCode: number) => this.#countError(errorCode)

  constructor() {
    for (const [key, { response }] of apis) this.#places[key] = errorPlacesOf(response.fields)
  }

  /** Counts an exchange whose answer the kernel took at `sentAt` (or that has none to send). */
  sent(exchange: Exchange, sentAt: number): void {
    const { api, arrivedAt, receivedAt, servedAt, answeredAt } = exchange
    const { key } = api
    this.#requests[key] = this.#requests[key]! + 1
    const row = key * PHASES
    const latencies = this.#latencies
    latencies.record(row, receivedAt - arrivedAt)
    latencies.record(row + 1, servedAt - receivedAt)
    latencies.record(row + 2, answeredAt - servedAt)
    latencies.record(row + 3, sentAt - answeredAt)
  }

  /** Counts the errors in a response, before it is given away. */
  answered(apiKey: number, response: object): void {
    const places = this.#places[apiKey]
    if (!places) return
    this.#apiKey = apiKey
    eachErrorCode(places, response as never, this.#foundError)
  }

  /** Requests answered, by API key; keys that had none are left out. */
  *requests(): Iterable<{ apiKey: number; count: number }> {
    for (let apiKey = 0; apiKey < KEYS; apiKey += 1) {
      const count = this.#requests[apiKey]!
      if (count > 0) yield { apiKey, count }
    }
  }

  /** Error codes answered with, by API key. */
  *errors(): Iterable<{ apiKey: number; errorCode: number; count: number }> {
    for (const [apiKey, codes] of this.#errors) {
      for (const [errorCode, count] of codes) yield { apiKey, errorCode, count }
    }
  }

  latency(apiKey: number, phase: RequestPhase): LatencyRow {
    return this.#latencies.read(apiKey * PHASES + requestPhases.indexOf(phase))
  }

  #countError(errorCode: number): void {
    let codes = this.#errors.get(this.#apiKey)
    if (!codes) {
      codes = new Map()
      this.#errors.set(this.#apiKey, codes)
    }
    codes.set(errorCode, (codes.get(errorCode) ?? 0) + 1)
  }
}
