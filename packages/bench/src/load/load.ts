/**
 * What a load generator is asked to do, and what it found. Both cross a process boundary as one line of JSON.
 *
 *     produce  closed loop: every connection keeps `depth` Produce requests in flight
 *     rate     open loop: `requestsPerSecond` in all, latency counted from the moment a request was due
 *     fetch    closed loop of Fetch requests that walk a log and wrap round
 */
export interface Load {
  readonly kind: 'produce' | 'rate' | 'fetch'
  readonly host: string
  readonly port: number
  /** Processes whose CPU and memory are the server's. */
  readonly pids: readonly number[]
  /** Created for the run and deleted after it, unless `keepTopic`. */
  readonly topic: string
  readonly keepTopic: boolean
  readonly partitions: number
  /** Of each partition; one broker leads them all. */
  readonly replicas: number
  /** What a producer waits for: 1 for the leader, -1 for all that are in sync. */
  readonly acks: 1 | -1
  /** Whether each acknowledgement waits for the disk: the topic has flush.messages=1, which brokers of any make know. */
  readonly flushed: boolean
  readonly connections: number
  /** Requests in flight on each connection. */
  readonly depth: number
  readonly recordsPerBatch: number
  /** Bytes of one record's value. */
  readonly recordBytes: number
  /** Fetch: the most bytes an answer may hold. */
  readonly fetchBytes: number
  /** Fetch: how much is written before the clock starts. */
  readonly fillBytes: number
  readonly requestsPerSecond: number
  /** Connections that are opened before the clock starts and do nothing. */
  readonly idleConnections: number
  /** Produce: records wait for so long before they are seen, in a topic of timed messages; 0 for ordinary ones. */
  readonly delayMs: number
  readonly warmupSeconds: number
  /** The measured window. */
  readonly seconds: number
}

/** What one run found. Times in milliseconds unless the name says otherwise; MB and GB are 10^6 and 10^9 bytes. */
export interface LoadFigures {
  readonly seconds: number
  readonly requests: number
  /** Of record values when producing, of whole batches when fetching. */
  readonly megabytesPerSecond: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  /** User and system time of the server per GB. */
  readonly serverCpuSecondsPerGigabyte: number
  /** Share of one core. */
  readonly serverCpuPercent: number
  readonly serverMicrosecondsPerRequest: number
  readonly serverPeakMegabytes: number
  readonly serverResidentMegabytes: number
  /** Share of one core that the generator itself took. */
  readonly ownCpuPercent: number
  readonly ownCpuSecondsPerGigabyte: number
  /** Open loop: how much later than due the generator itself sent, in milliseconds; latencies hold this too. */
  readonly ownLatenessP99: number
  /** What neither the server nor the generator used, as a share of one core: a busy machine shows here. */
  readonly otherCpuPercent: number
}

/** A server that did not do what it acknowledged, or answered what it must not. The message says what was seen. */
export class LoadError extends Error {}
