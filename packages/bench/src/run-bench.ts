import { clusterTables } from './cluster/cluster-table.ts'
import { type ClusterResults, measureCluster, wantsCluster } from './cluster/measure-cluster.ts'
import type { Contestant } from './contestant.ts'
import { type DeadLettersResult, measureDeadLetters } from './letters/measure-dead-letters.ts'
import { measureOverview, type OverviewResult } from './letters/measure-overview.ts'
import { measureLetterScan } from './letters/measure-scan.ts'
import type { ScanMemory } from './letters/scan-memory.ts'
import { machine } from './machine.ts'
import { type CompactionResult, measureCompaction } from './measure-compaction.ts'
import { type FlushResult, measureFlush } from './measure-flush.ts'
import { type GrowthResult, measureGrowth } from './measure-growth.ts'
import { measureRecovery, type RecoveryResult } from './measure-recovery.ts'
import { measureRetained, type RetainedResult } from './measure-retained.ts'
import { type LoadResult, measureRow } from './measure-rows.ts'
import { measureStart, type StartResult } from './measure-start.ts'
import { measureTopics, type TopicsResult } from './measure-topics.ts'
import { type Endpoint, OptionError, type Options } from './options.ts'
import {
  compactionTable,
  deadLettersTable,
  flushTable,
  growthTable,
  letterScanTable,
  overviewTable,
  recoveryTable,
  retainedTable,
  startTable,
  topicsTable,
} from './report/life-report.ts'
import { figuresTable, progressLine, ratioOf, ratiosTable, spreadsOf } from './report/load-report.ts'
import { loadRows } from './rows.ts'
import { ServerProcess } from './server-process.ts'
import { measureTimed, wantsTimed } from './timed/measure-timed.ts'
import { type TimedResults, timedTable } from './timed/timed-table.ts'

const START_ROW = 'start and idle'
const TOPICS_ROW = '1,000 topics × 10 partitions'
const GROWTH_ROW = 'a log of 100 GB'
const GROWTH_GIGABYTES = 100
const RETAINED_ROW = 'memory with 100 GB retained'
const FLUSH_ROW = 'flushes beside 200 MB/s'
const FLUSH_MEGABYTES_PER_SECOND = 200
const COMPACTION_ROW = 'compaction of 1 GB'
const COMPACTION_MEGABYTES = 1000
const COMPACTION_KEYS = 1_000_000
/** Each fills the log again. */
const COMPACTION_ROUNDS_MAX = 3
const RECOVERY_ROW = 'kill -9 with 10 GB of log'
const RECOVERY_GIGABYTES = 10
const RECOVERY_PARTITIONS = 16
const DEAD_LETTERS_ROW = 'dead letters'
const DEAD_LETTERS = 100_000
const OVERVIEW_ROW = 'dead letters of 1,000 groups'
const OVERVIEW_GROUPS = 1000
const LETTER_SCAN_ROW = '1,000,000 dead letters'
const LETTERS_SCANNED = 1_000_000
const IDLE_SECONDS = 5

export interface BenchResults {
  readonly options: { readonly rounds: number; readonly seconds: number; readonly warmupSeconds: number }
  readonly rows: readonly object[]
  readonly start: StartResult | null
  readonly topics: TopicsResult | null
  readonly growth: GrowthResult | null
  readonly retained: RetainedResult | null
  readonly flush: FlushResult | null
  readonly compaction: CompactionResult | null
  readonly deadLetters: DeadLettersResult | null
  readonly overview: OverviewResult | null
  readonly letterScan: ScanMemory | null
  readonly recovery: RecoveryResult | null
  readonly timed: TimedResults | null
  readonly cluster: ClusterResults | null
}

/**
 * Measures all rows that `options.rows` names and prints their tables as Markdown.
 * @throws LoadError when a server did not do what it acknowledged
 */
export async function runBench(options: Options, print: (text: string) => void): Promise<BenchResults> {
  const { rounds, seconds, warmupSeconds } = options
  const times = { seconds, warmupSeconds }
  const rows = loadRows.filter(({ name }) => options.rows.test(name))
  // These are about brokers of our own: they are started, stopped and looked into.
  const wantsStart = options.broker === null && options.rows.test(START_ROW)
  const wantsGrowth = options.broker === null && options.rows.test(GROWTH_ROW)
  const wantsRetained = options.broker === null && options.rows.test(RETAINED_ROW)
  const wantsFlush = options.broker === null && options.rows.test(FLUSH_ROW)
  const wantsTopics = options.broker === null && options.rows.test(TOPICS_ROW)
  const wantsCompaction = options.broker === null && options.rows.test(COMPACTION_ROW)
  const wantsRecovery = options.broker === null && options.rows.test(RECOVERY_ROW)
  const wantsTimedRows = options.broker === null && wantsTimed(options.rows)
  const wantsDeadLetters = options.broker === null && options.rows.test(DEAD_LETTERS_ROW)
  // Three brokers of another make are asked for by name: the ordinary rows are about one.
  const wantsClusterRows = options.broker === null && wantsCluster(options.rows)
  const wantsOverview = options.broker === null && options.rows.test(OVERVIEW_ROW)
  const wantsLetterScan = options.broker === null && options.rows.test(LETTER_SCAN_ROW)
  const wantsOwn =
    wantsClusterRows ||
    wantsStart ||
    wantsDeadLetters ||
    wantsOverview ||
    wantsLetterScan ||
    wantsTopics ||
    wantsGrowth ||
    wantsRetained ||
    wantsFlush ||
    wantsCompaction ||
    wantsRecovery ||
    wantsTimedRows
  if (rows.length === 0 && !wantsOwn) throw new OptionError(`--rows: no row matches ${options.rows.source}`)

  const { date, processor, memoryGigabytes, system, node, native } = machine()
  print(`${date}, ${processor}, ${memoryGigabytes} GB, ${system}, Node ${node}, native addon ${native ? 'on' : 'off'}`)
  print(`${rounds} rounds of ${seconds} s after ${warmupSeconds} s\n`)
  const results: LoadResult[] = []
  if (rows.length > 0) {
    await using servers = await contestantsFor(options)
    for (const row of rows) {
      const result = await measureRow(row, servers.contestants, rounds, times, options.touchGibibytes)
      results.push(result)
      print(progressLine(result))
    }
  }
  const start = wantsStart ? await measureStart(rounds, IDLE_SECONDS) : null
  const topics = wantsTopics ? await measureTopics(1000, 10, loadRows[0]!.load, rounds, times) : null
  const growth = wantsGrowth ? await measureGrowth(GROWTH_GIGABYTES, loadRows[0]!.load, rounds, times) : null
  const retained = wantsRetained ? await measureRetained(GROWTH_GIGABYTES, loadRows[0]!.load, times) : null
  // Batches of 64 KiB: as producers that send this much make them.
  const flushLoad = { ...loadRows[0]!.load, recordsPerBatch: 64 }
  const flush = wantsFlush ? await measureFlush(FLUSH_MEGABYTES_PER_SECOND, flushLoad, rounds, times) : null
  const fewRounds = Math.min(rounds, COMPACTION_ROUNDS_MAX)
  const compaction = wantsCompaction
    ? await measureCompaction(COMPACTION_MEGABYTES, COMPACTION_KEYS, loadRows[0]!.load, fewRounds, times)
    : null
  const recovery = wantsRecovery
    ? await measureRecovery(RECOVERY_GIGABYTES, RECOVERY_PARTITIONS, loadRows[0]!.load, fewRounds, times)
    : null
  const timed = wantsTimedRows
    ? await measureTimed(options.rows, loadRows[0]!.load, rounds, times, options.touchGibibytes)
    : null
  const deadLetters = wantsDeadLetters ? await measureDeadLetters(fewRounds, DEAD_LETTERS) : null
  const overview = wantsOverview ? await measureOverview(OVERVIEW_GROUPS, fewRounds) : null
  const letterScan = wantsLetterScan ? await measureLetterScan(LETTERS_SCANNED) : null

  const cluster = wantsClusterRows
    ? await measureCluster({
        rows: options.rows,
        rounds,
        times,
        trials: options.trials,
        touchGibibytes: options.touchGibibytes,
        peer: options.peerCluster,
        print,
      })
    : null

  if (results.length > 0) print(`\n${figuresTable(results)}`)
  if (results.some(({ rounds }) => rounds.size > 1)) print(`\n${ratiosTable(results)}`)
  if (start !== null) print(`\n${startTable(start)}`)
  if (topics !== null) print(`\n${topicsTable(topics)}`)
  if (growth !== null) print(`\n${growthTable(growth)}`)
  if (retained !== null) print(`\n${retainedTable(retained)}`)
  if (flush !== null) print(`\n${flushTable(flush)}`)
  if (compaction !== null) print(`\n${compactionTable(compaction)}`)
  if (deadLetters !== null) print(`\n${deadLettersTable(deadLetters)}`)
  if (overview !== null) print(`\n${overviewTable(overview)}`)
  if (letterScan !== null) print(`\n${letterScanTable(letterScan)}`)
  if (recovery !== null) print(`\n${recoveryTable(recovery)}`)
  if (timed !== null) print(`\n${timedTable(timed)}`)
  if (cluster !== null) print(`\n${clusterTables(cluster)}`)
  return {
    options: { rounds, seconds, warmupSeconds },
    rows: results.map(rowJson),
    start,
    topics,
    growth,
    retained,
    flush,
    compaction,
    deadLetters,
    overview,
    letterScan,
    recovery,
    timed,
    cluster,
  }
}

interface Contestants extends AsyncDisposable {
  readonly contestants: readonly Contestant[]
}

async function contestantsFor(options: Options): Promise<Contestants> {
  const started = new AsyncDisposableStack()
  const contestants: Contestant[] = []
  const add = (name: Contestant['name'], { host, port, pids }: Endpoint) => contestants.push({ name, host, port, pids })
  const addStarted = (name: Contestant['name'], server: ServerProcess) => {
    started.use(server)
    add(name, { host: server.host, port: server.port, pids: [server.pid] })
  }
  if (options.broker === null) addStarted('broker', await ServerProcess.broker())
  else add('broker', options.broker)
  if (options.reference) addStarted('reference', await ServerProcess.reference())
  if (options.peer !== null) add('peer', options.peer)
  return { contestants, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** A row as it is written to a file: its load, each contestant's spreads and single rounds, and the ratios. */
function rowJson(result: LoadResult): object {
  const { row, rounds } = result
  const servers = Object.fromEntries(
    [...rounds].map(([name, figures]) => [name, { ...spreadsOf(figures), rounds: figures }]),
  )
  const ratios = Object.fromEntries(
    (['reference', 'peer'] as const)
      .filter((other) => rounds.has(other) && rounds.has('broker'))
      .map((other) => [
        other,
        {
          megabytesPerSecond: ratioOf(result, other, 'megabytesPerSecond'),
          requestsPerSecond: ratioOf(result, other, 'requestsPerSecond'),
          serverCpuSecondsPerGigabyte: ratioOf(result, other, 'serverCpuSecondsPerGigabyte'),
          p99: ratioOf(result, other, 'p99'),
        },
      ]),
  )
  return { name: row.name, load: row.load, servers, ratios }
}
