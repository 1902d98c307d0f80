/** What a cluster can do, so that what it lacks is hidden with a reason. */

import {
  AlterPartitionReassignments,
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteRecords,
  DeleteTopics,
  DescribeConfigs,
  DescribeLogDirs,
  DescribeProducers,
  ElectLeaders,
  IncrementalAlterConfigs,
  OffsetCommit,
  OffsetDelete,
  UnregisterBroker,
} from '@odradek/protocol'
import type { Cluster } from './cluster.ts'

export interface Feature {
  readonly isThere: boolean
  /** Why it is not there; null where it is. */
  readonly reason: string | null
}

const needs = {
  producers: { api: DescribeProducers, version: 0, since: 'Kafka 2.8' },
  logDirs: { api: DescribeLogDirs, version: 1, since: 'Kafka 1.0' },
  diskSpace: { api: DescribeLogDirs, version: 4, since: 'Kafka 3.3' },
  configDocs: { api: DescribeConfigs, version: 3, since: 'Kafka 2.6' },
  editConfigs: { api: IncrementalAlterConfigs, version: 0, since: 'Kafka 2.3' },
  createTopics: { api: CreateTopics, version: 2, since: 'Kafka 0.11' },
  addPartitions: { api: CreatePartitions, version: 0, since: 'Kafka 1.0' },
  deleteTopics: { api: DeleteTopics, version: 1, since: 'Kafka 0.11' },
  deleteRecords: { api: DeleteRecords, version: 0, since: 'Kafka 0.11' },
  deleteGroups: { api: DeleteGroups, version: 0, since: 'Kafka 1.1' },
  deleteOffsets: { api: OffsetDelete, version: 0, since: 'Kafka 2.4' },
  moveReplicas: { api: AlterPartitionReassignments, version: 0, since: 'Kafka 2.4' },
  unregisterBroker: { api: UnregisterBroker, version: 0, since: 'Odradek, or Kafka 4.0 in KRaft mode,' },
  electLeaders: { api: ElectLeaders, version: 1, since: 'Kafka 2.4' },
  resetOffsets: { api: OffsetCommit, version: 2, since: 'Kafka 0.9' },
} as const

export type FeatureName = keyof typeof needs

/** Asks one broker which APIs it serves. Throws UnreachableError. */
export async function clusterFeatures(cluster: Cluster): Promise<Record<FeatureName, Feature>> {
  const { apis } = await cluster.served()
  const features = Object.entries(needs).map(([name, { api, version, since }]): [string, Feature] => {
    const range = apis.get(api.key)
    const isThere = range !== undefined && range.max >= version && range.min <= api.versions[1]
    const versionText = version > 0 ? ` version ${version}` : ''
    const reason = isThere ? null : `The cluster does not serve ${api.name}${versionText} (${since} has it).`
    return [name, { isThere, reason }]
  })
  return Object.fromEntries(features) as Record<FeatureName, Feature>
}
