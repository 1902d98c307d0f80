/** How a broker of Odradek fares, from its admin listener: health, traffic, memory, event loop. */

import type { Cluster } from '../cluster.ts'
import type { BrokerNode } from '../cluster-metadata.ts'
import { adminAddress } from './admin-address.ts'

export interface BrokerVitals {
  readonly atMs: number
  readonly status: 'ok' | 'degraded' | 'starting' | 'stopping'
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[]
  readonly connections: number
  /** Counted since its start. */
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  /** 99 of 100 times the event loop was not later than this, since its start; null: not measured yet. */
  readonly eventLoopDelayMs: number | null
  /** Written, but not flushed to disk yet. */
  readonly unflushedBytes: number
}

export type Vitals = BrokerVitals | { readonly reason: string }

const TIMEOUT_MS = 3000
const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/** Asks the broker, or tells why it cannot be asked. `base` is its admin listener, where it is known. */
export async function brokerVitals(cluster: Cluster, broker: BrokerNode, base?: string): Promise<Vitals> {
  try {
    if (base === '') return { reason: 'The console is told not to ask the admin listener.' }
    const address = base === undefined ? await adminAddress(cluster, broker) : { url: `http://${base}` }
    if ('reason' in address) return address
    const [health, metrics] = await Promise.all([
      get(`${address.url}/health`).then((text) => JSON.parse(text) as Record<string, unknown>),
      get(`${address.url}/metrics`).then(readMetrics),
    ])
    const { clusterId } = await cluster.metadata(60_000)
    if (clusterId !== null && health.clusterId !== clusterId) {
      return { reason: `${address.url} is the admin listener of another cluster.` }
    }
    const value = (name: string) => metrics.get(name) ?? 0
    return {
      atMs: Date.now(),
      status: statusOf(health.status),
      problems: Array.isArray(health.problems) ? health.problems.map(String).slice(0, 100) : [],
      connections: value('odradek_connections'),
      receivedBytes: value('odradek_received_bytes_total'),
      sentBytes: value('odradek_sent_bytes_total'),
      cpuSeconds: value('odradek_process_cpu_seconds_total'),
      residentBytes: value('odradek_process_resident_bytes'),
      heapBytes: value('odradek_process_heap_bytes'),
      eventLoopDelayMs: quantileMs(metrics, 'odradek_event_loop_delay_seconds', 0.99),
      unflushedBytes: value('odradek_flush_dirty_bytes'),
    }
  } catch (error) {
    return { reason: `The admin listener of broker ${broker.nodeId} does not answer: ${(error as Error).message}` }
  }
}

async function get(url: string): Promise<string> {
  // A broker that is not well answers 503 and says what is wrong.
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > ANSWER_BYTES_MAX) throw new Error(`The answer has ${length} bytes.`)
  return response.text()
}

function statusOf(status: unknown): BrokerVitals['status'] {
  return status === 'ok' || status === 'starting' || status === 'stopping' ? status : 'degraded'
}

/** Prometheus text: `name{labels} value`, the value of each line by all that stands before it. */
export function readMetrics(text: string): Map<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const at = line.lastIndexOf(' ')
    if (at > 0) values.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return values
}

/** The upper bound of the bucket in which the quantile lies; null where nothing was counted. */
export function quantileMs(metrics: ReadonlyMap<string, number>, name: string, quantile: number): number | null {
  const buckets = [...metrics].flatMap(([key, count]) => {
    const bound = key.startsWith(`${name}_bucket`) ? /le="([^"]+)"/.exec(key)?.[1] : undefined
    return bound === undefined ? [] : [{ bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count }]
  })
  buckets.sort((a, b) => a.bound - b.bound)
  const total = buckets.at(-1)?.count ?? 0
  if (total === 0) return null
  const bound = buckets.find(({ count }) => count >= total * quantile)?.bound ?? 0
  const largest = buckets.findLast((bucket) => Number.isFinite(bucket.bound))?.bound ?? 0
  return (Number.isFinite(bound) ? bound : largest) * 1000
}
