import type { DriveTimes } from '../drive.ts'
import type { Endpoint } from '../options.ts'
import { type LoadRow, loadRows } from '../rows.ts'
import { type FailoverResult, measureFailover } from './measure-failover.ts'
import { type ElectionResult, type IdleResult, measureElection, measureIdle } from './measure-many-partitions.ts'
import { measureReplication, type ReplicationResult } from './measure-replication.ts'

/** Names of the rows about clusters, as `--rows` matches them. */
const REPLICATION = 'three brokers, acks=all: '
const FAILOVER = 'three brokers, one lost'
const ELECTION = 'three brokers, 10,000 partitions'
const IDLE = 'three brokers, idle'
/** Of the ordinary rows those that are run with three replicas, by what they are called then. */
const REPLICATED_ROWS: Readonly<Record<string, string>> = {
  '16 KiB batches': 'produce 16 KiB, 1 partition',
  '64 KiB batches': 'produce 64 KiB, 1 partition',
  '1 MiB batches': 'produce 1 MiB, 1 partition',
  '64 KiB batches, 16 partitions': 'produce 64 KiB, 16 partitions',
  'one 1 KiB record a batch': 'produce one 1 KiB record, 1 partition',
  '1,000 batches a second': 'produce 1,000 records/s, one a request',
}
const PARTITIONS = 10_000
const IDLE_PARTITIONS = 1_000
const IDLE_SECONDS = 10
/** `broker.session.timeout.ms` as it is unless it is set. */
const LEASE_MS = 6_000

/** What was measured of clusters; what was not asked for is null, or empty. */
export interface ClusterResults {
  readonly replication: readonly ReplicationResult[]
  readonly failover: FailoverResult | null
  readonly election: ElectionResult | null
  readonly idle: IdleResult | null
}

function replicatedRows(rows: RegExp): LoadRow[] {
  return Object.entries(REPLICATED_ROWS)
    .filter(([name]) => rows.test(REPLICATION + name))
    .map(([name, like]) => ({ ...loadRows.find((row) => row.name === like)!, name }))
}

/** Whether a row about clusters matches. */
export function wantsCluster(rows: RegExp): boolean {
  return replicatedRows(rows).length > 0 || [FAILOVER, ELECTION, IDLE].some((name) => rows.test(name))
}

/** The rows about clusters that `rows` matches; `trials` for each way to lose a broker. */
export async function measureCluster(options: {
  readonly rows: RegExp
  readonly rounds: number
  readonly times: DriveTimes
  readonly trials: number
  readonly touchGibibytes: number
  readonly peer: Endpoint | null
  /** Told what is known so far. */
  readonly print: (text: string) => void
}): Promise<ClusterResults> {
  const { rows, rounds, times, trials, touchGibibytes, peer, print } = options
  const replicated = replicatedRows(rows)
  return {
    replication:
      replicated.length === 0 ? [] : await measureReplication(replicated, rounds, times, touchGibibytes, peer, print),
    failover: rows.test(FAILOVER) ? await measureFailover(trials, LEASE_MS) : null,
    election: rows.test(ELECTION) ? await measureElection(PARTITIONS) : null,
    idle: rows.test(IDLE) ? await measureIdle(IDLE_PARTITIONS, IDLE_SECONDS) : null,
  }
}
