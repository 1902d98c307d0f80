/**
 * `/metrics` in the Prometheus text format. The broker counts in plain numbers and flat arrays; they become samples only
 * when someone asks.
 */
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import type { BrokerConfig } from '@odradek/config'
import { apis, errorName } from '@odradek/protocol'
import type { Metric, Registry } from 'prom-client'
import type { Cleanup } from '../cleanup/cleanup.ts'
import type { PartitionIntake } from '../intake/partition-intake.ts'
import { BUCKET_BOUNDS_SECONDS, type LatencyHistograms, type LatencyRow } from '../metering/latency-histograms.ts'
import type { Partition } from '../replication/partition.ts'
import { type LogLimiter, warningKinds } from '../server/log-limiter.ts'
import type { RequestMemory } from '../server/request-memory.ts'
import { type RequestMetrics, requestPhases } from '../server/request-metrics.ts'
import type { FlushTally } from '../storage/flush-tally.ts'
import { cleanupSamples } from './cleanup-samples.ts'
import type { BrokerOfLogs } from './log-routes.ts'
import { logSamples } from './log-samples.ts'
import { LoopDelay } from './loop-delay.ts'
import { type MetricName, metricTable } from './metric-table.ts'
import type { Sample } from './sample.ts'

/** One data directory. */
interface MeteredDirectory {
  readonly path: string
  readonly offline: Error | null
  readonly journalBytes: number
  readonly tally: FlushTally
}

/** What is measured: a `BrokerCore`, as far as metrics need it. */
export interface MeteredBroker extends BrokerOfLogs {
  readonly config: BrokerConfig
  readonly connections: number
  readonly requestMetrics: RequestMetrics
  readonly requestMemory: RequestMemory
  readonly logLimiter: LogLimiter
  readonly parkedFetches: { readonly count: number }
  readonly fetchSessions: { readonly size: number }
  readonly groups: { readonly groupCount: number }
  readonly intakes: Iterable<Pick<PartitionIntake, 'topic' | 'waitingCount' | 'refusals'>>
  readonly metadata: { readonly image: { readonly topics: ReadonlyMap<string, unknown> } }
  readonly partitions: Iterable<Partition>
  readonly directories: BrokerOfLogs['directories'] &
    Iterable<MeteredDirectory> & {
      readonly openFiles: number
      readonly offline: readonly { readonly path: string }[]
    }
  readonly flushLatency: LatencyHistograms
  readonly cleanup: Cleanup
}

/**
 * What writes the text, when it is first asked for. By its own file: with all of the library come a hundred others, which
 * would be two megabytes of every broker.
 */
function loadRegistry(): typeof Registry {
  return createRequire(import.meta.url)('prom-client/lib/registry.js') as typeof Registry
}

const NO_LABELS = {}
/** Samples that are made and written in one go: a fraction of a millisecond. */
const SLICE_SAMPLES = 50

export class Metrics {
  readonly #broker: MeteredBroker
  readonly #loopDelay = new LoopDelay()
  #library: typeof Registry | null = null

  /** Begins to watch the event loop. */
  constructor(broker: MeteredBroker) {
    this.#broker = broker
  }

  close(): void {
    this.#loopDelay.close()
  }

  /** All metrics, with their content type. The text comes in pieces, between which the event loop does other things. */
  async scrape(): Promise<{ contentType: string; text: AsyncIterable<string> }> {
    this.#library ??= loadRegistry()
    const library = this.#library
    return { contentType: library.PROMETHEUS_CONTENT_TYPE, text: this.#text(library) }
  }

  async *#text(library: typeof Registry): AsyncIterable<string> {
    const collectors = this.#collectors()
    let inTurn = 0
    for (const name of Object.keys(metricTable) as MetricName[]) {
      const { help, type } = metricTable[name]
      let isFirst = true
      for (const samples of slicesOf(collectors[name]())) {
        const registry = new library()
        // What a registry needs of a metric is its name and this.
        const get = async () => ({ name, help, type, values: samples })
        registry.registerMetric({ name, help, get } as unknown as Metric)
        const text = await registry.metrics()
        // Every slice begins with the two lines that say what the metric is.
        yield isFirst ? text : text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1)
        isFirst = false
        inTurn += Math.max(samples.length, 1)
        if (inTurn < SLICE_SAMPLES) continue
        await setImmediate()
        inTurn = 0
      }
    }
  }

  #collectors(): { readonly [N in MetricName]: () => Iterable<Sample> } {
    const broker = this.#broker
    const { requestMetrics, requestMemory, logLimiter } = broker
    return {
      odradek_requests_total: () => requestCounts(requestMetrics),
      odradek_request_errors_total: () => requestErrors(requestMetrics),
      odradek_request_duration_seconds: () => requestLatencies(requestMetrics),
      odradek_received_bytes_total: () => one(requestMetrics.bytesIn),
      odradek_sent_bytes_total: () => one(requestMetrics.bytesOut),
      odradek_connections: () => one(broker.connections),
      odradek_client_warnings_total: () =>
        warningKinds.map((kind) => ({ value: logLimiter.total(kind), labels: { kind } })),
      odradek_request_memory_bytes: () => [
        { value: requestMemory.frameBytes, labels: { use: 'frame' } },
        { value: requestMemory.backlogBytes, labels: { use: 'backlog' } },
        { value: requestMemory.madeBytes, labels: { use: 'made' } },
        { value: requestMemory.answerBytes, labels: { use: 'answer' } },
      ],
      odradek_request_memory_max_bytes: () => one(broker.config['memory.request.bytes.max']),
      odradek_request_memory_waiting: () => one(requestMemory.waiting),
      odradek_fetches_parked: () => one(broker.parkedFetches.count),
      odradek_fetch_sessions: () => one(broker.fetchSessions.size),
      odradek_groups: () => one(broker.groups.groupCount),
      odradek_waiting_records: () => waitingRecords(broker.intakes),
      odradek_waiting_refused_partitions: () =>
        one([...broker.intakes].filter(({ refusals }) => refusals.some((refusal) => refusal !== null)).length),
      odradek_topics: () => one(broker.metadata.image.topics.size),
      odradek_partitions_led: () => one(countOf(broker.partitions, () => true)),
      odradek_partitions_under_replicated: () =>
        one(countOf(broker.partitions, ({ isr, replicas }) => isr.length < replicas.length)),
      odradek_partitions_offline: () =>
        one(
          countOf(
            broker.partitions,
            ({ offlineCode, log }) => offlineCode !== 0 || (log.failed !== null && !log.isClosed),
          ),
        ),
      odradek_log_size_bytes: () => logSizes(broker.partitions),
      odradek_segment_files_open: () => one(broker.directories.openFiles),
      odradek_flush_duration_seconds: () =>
        histogram('odradek_flush_duration_seconds', NO_LABELS, broker.flushLatency.read(0)),
      odradek_flush_dirty_bytes: () => one(dirtyBytes(broker.partitions)),
      odradek_flush_syncs_total: () => one(total(broker.directories, ({ tally }) => tally.syncs)),
      odradek_journal_bytes: () =>
        Array.from(broker.directories, ({ path, journalBytes }) => ({
          value: journalBytes,
          labels: { directory: path },
        })),
      odradek_journal_syncs_total: () => one(total(broker.directories, ({ tally }) => tally.journalSyncs)),
      odradek_journal_written_bytes_total: () => one(total(broker.directories, ({ tally }) => tally.journaledBytes)),
      odradek_log_directory_offline: () => offlineDirectories(broker.directories),
      ...cleanupSamples(broker.cleanup),
      ...logSamples(broker),
      odradek_event_loop_delay_seconds: () =>
        histogram('odradek_event_loop_delay_seconds', NO_LABELS, this.#loopDelay.histogram.read(0)),
      odradek_process_resident_bytes: () => one(process.memoryUsage.rss()),
      odradek_process_heap_bytes: () => one(process.memoryUsage().heapUsed),
      odradek_process_external_bytes: () => one(process.memoryUsage().external),
      odradek_process_cpu_seconds_total: () => one(cpuSeconds()),
    }
  }
}

/** At least one. Samples are made slice by slice: those of one histogram are of one moment all the same. */
function* slicesOf(samples: Iterable<Sample>): Iterable<Sample[]> {
  let slice: Sample[] = []
  let isCut = false
  for (const sample of samples) {
    if (slice.push(sample) < SLICE_SAMPLES) continue
    yield slice
    slice = []
    isCut = true
  }
  if (!isCut || slice.length > 0) yield slice
}

function one(value: number): Sample[] {
  return [{ value, labels: NO_LABELS }]
}

function nameOf(apiKey: number): string {
  return apis.get(apiKey)?.name ?? String(apiKey)
}

function* requestCounts(metrics: RequestMetrics): Iterable<Sample> {
  for (const { apiKey, count } of metrics.requests()) yield { value: count, labels: { api: nameOf(apiKey) } }
}

function* requestErrors(metrics: RequestMetrics): Iterable<Sample> {
  for (const { apiKey, errorCode, count } of metrics.errors()) {
    yield { value: count, labels: { api: nameOf(apiKey), error: errorName(errorCode) } }
  }
}

function* requestLatencies(metrics: RequestMetrics): Iterable<Sample> {
  for (const { apiKey } of metrics.requests()) {
    for (const phase of requestPhases) {
      const labels = { api: nameOf(apiKey), phase }
      yield* histogram('odradek_request_duration_seconds', labels, metrics.latency(apiKey, phase))
    }
  }
}

function* histogram(name: string, labels: Readonly<Record<string, string>>, row: LatencyRow): Iterable<Sample> {
  const metricName = `${name}_bucket`
  for (let at = 0; at < BUCKET_BOUNDS_SECONDS.length; at += 1) {
    yield { metricName, value: row.cumulative[at]!, labels: { ...labels, le: String(BUCKET_BOUNDS_SECONDS[at]) } }
  }
  yield { metricName, value: row.count, labels: { ...labels, le: '+Inf' } }
  yield { metricName: `${name}_sum`, value: row.sumSeconds, labels }
  yield { metricName: `${name}_count`, value: row.count, labels }
}

function countOf(partitions: Iterable<Partition>, isCounted: (partition: Partition) => boolean): number {
  let count = 0
  for (const partition of partitions) if (isCounted(partition)) count += 1
  return count
}

function waitingRecords(intakes: MeteredBroker['intakes']): Sample[] {
  const counts = new Map<string, number>()
  for (const { topic, waitingCount } of intakes) counts.set(topic, (counts.get(topic) ?? 0) + waitingCount)
  return Array.from(counts, ([topic, value]) => ({ value, labels: { topic } }))
}

/** By topic: a partition's size is looked up where it is needed, in DescribeLogDirs. */
function logSizes(partitions: Iterable<Partition>): Sample[] {
  const sizes = new Map<string, number>()
  for (const { topic, log, offlineCode } of partitions) {
    sizes.set(topic, (sizes.get(topic) ?? 0) + (offlineCode === 0 ? log.sizeInBytes : 0))
  }
  return Array.from(sizes, ([topic, value]) => ({ value, labels: { topic } }))
}

function dirtyBytes(partitions: Iterable<Partition>): number {
  let bytes = 0
  for (const { log } of partitions) bytes += log.dirtyBytes
  return bytes
}

function total(directories: Iterable<MeteredDirectory>, of: (directory: MeteredDirectory) => number): number {
  let sum = 0
  for (const directory of directories) sum += of(directory)
  return sum
}

function offlineDirectories(directories: MeteredBroker['directories']): Sample[] {
  const failed = new Set(directories.offline.map(({ path }) => path))
  const paths = new Set([...Array.from(directories, ({ path }) => path), ...failed])
  return Array.from(paths, (directory) => ({ value: failed.has(directory) ? 1 : 0, labels: { directory } }))
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
