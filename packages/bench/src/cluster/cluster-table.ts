import type { LoadFigures } from '../load/load.ts'
import { numberText, spreadText } from '../report/number-text.ts'
import { markdownTable } from '../report/table.ts'
import { spreadOf } from '../spread.ts'
import type { ClusterResults } from './measure-cluster.ts'
import type { ReplicationResult } from './measure-replication.ts'

type Figure = 'megabytesPerSecond' | 'p99' | 'serverCpuSecondsPerGigabyte'

export function clusterTables({ replication, failover, election, idle }: ClusterResults): string {
  const tables: string[] = []
  if (replication.length > 0) tables.push(replicationTable(replication))
  const rows: [string, string][] = []
  if (failover !== null) {
    rows.push(
      [`writes rest when a leader is killed (${failover.trials} times), ms`, spreadText(failover.killedMs)],
      ['– of which the lease of the dead broker', numberText(failover.leaseMs)],
      [`writes rest when a leader is stopped (${failover.trials} times), ms`, spreadText(failover.handedOverMs)],
    )
  }
  if (election !== null) {
    const { partitions, lost, createdMs, noticedMs, electedMs, residentMegabytes } = election
    const many = numberText(partitions)
    rows.push(
      [`${many} partitions of three replicas made, led and in sync after, ms`, numberText(createdMs)],
      ['resident memory of a broker then, MB', numberText(residentMegabytes)],
      ['a broker is killed: the others know it after (its lease), ms', numberText(noticedMs)],
      [`then others lead all ${numberText(lost)} partitions that it led after, ms`, numberText(electedMs)],
    )
  }
  if (idle !== null) {
    rows.push(
      [`${numberText(idle.partitions)} partitions, nobody writes: CPU of a broker, %`, spreadText(idle.cpuPercent)],
      ['– and of the metadata store, %', numberText(idle.storeCpuPercent)],
    )
  }
  if (rows.length > 0) tables.push(markdownTable(['three brokers', 'median (min–max)'], rows))
  return tables.join('\n\n')
}

function replicationTable(results: readonly ReplicationResult[]): string {
  const hasPeer = results.some(({ peer }) => peer.length > 0)
  const head = [
    'three brokers, acks=all',
    'MB/s',
    'p99 ms',
    'CPU s/GB, all three',
    'a follower’s CPU / the leader’s',
    'MB/s / one broker, acks=1',
    ...(hasPeer ? ['MB/s / peer', 'CPU / peer', 'p99 / peer'] : []),
  ]
  const rows = results.map(({ row, cluster, single, peer, followerCpuRatio }) => [
    row,
    ...(['megabytesPerSecond', 'p99', 'serverCpuSecondsPerGigabyte'] as const).map((figure) =>
      spreadText(spreadOf(cluster.map((figures) => figures[figure]))),
    ),
    spreadText(followerCpuRatio),
    ratioText(cluster, single, 'megabytesPerSecond'),
    ...(hasPeer
      ? (['megabytesPerSecond', 'serverCpuSecondsPerGigabyte', 'p99'] as const).map((figure) =>
          ratioText(cluster, peer, figure),
        )
      : []),
  ])
  return markdownTable(head, rows)
}

/** Round by round. */
function ratioText(ours: readonly LoadFigures[], theirs: readonly LoadFigures[], figure: Figure): string {
  return spreadText(spreadOf(ours.map((figures, round) => figures[figure] / theirs[round]![figure])))
}
