/** Every API that is served: one table per file, all of them in `apis` by key. */
import type { Api } from '../schema/message.ts'
import { AlterConfigs } from './alter-configs.ts'
import { AlterPartitionReassignments } from './alter-partition-reassignments.ts'
import { ApiVersions } from './api-versions.ts'
import { CreatePartitions } from './create-partitions.ts'
import { CreateTopics } from './create-topics.ts'
import { DeleteGroups } from './delete-groups.ts'
import { DeleteRecords } from './delete-records.ts'
import { DeleteTopics } from './delete-topics.ts'
import { DescribeCluster } from './describe-cluster.ts'
import { DescribeConfigs } from './describe-configs.ts'
import { DescribeGroups } from './describe-groups.ts'
import { DescribeLogDirs } from './describe-log-dirs.ts'
import { DescribeProducers } from './describe-producers.ts'
import { DescribeTopicPartitions } from './describe-topic-partitions.ts'
import { ElectLeaders } from './elect-leaders.ts'
import { Fetch } from './fetch.ts'
import { FindCoordinator } from './find-coordinator.ts'
import { Heartbeat } from './heartbeat.ts'
import { IncrementalAlterConfigs } from './incremental-alter-configs.ts'
import { InitProducerId } from './init-producer-id.ts'
import { JoinGroup } from './join-group.ts'
import { LeaveGroup } from './leave-group.ts'
import { ListConfigResources } from './list-config-resources.ts'
import { ListGroups } from './list-groups.ts'
import { ListOffsets } from './list-offsets.ts'
import { ListPartitionReassignments } from './list-partition-reassignments.ts'
import { Metadata } from './metadata.ts'
import { OffsetCommit } from './offset-commit.ts'
import { OffsetDelete } from './offset-delete.ts'
import { OffsetFetch } from './offset-fetch.ts'
import { OffsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { Produce } from './produce.ts'
import { SyncGroup } from './sync-group.ts'
import { UnregisterBroker } from './unregister-broker.ts'

export * from './alter-configs.ts'
export * from './alter-partition-reassignments.ts'
export * from './api-versions.ts'
export * from './create-partitions.ts'
export * from './create-topics.ts'
export * from './delete-groups.ts'
export * from './delete-records.ts'
export * from './delete-topics.ts'
export * from './describe-cluster.ts'
export * from './describe-configs.ts'
export * from './describe-groups.ts'
export * from './describe-log-dirs.ts'
export * from './describe-producers.ts'
export * from './describe-topic-partitions.ts'
export * from './elect-leaders.ts'
export * from './fetch.ts'
export * from './find-coordinator.ts'
export * from './heartbeat.ts'
export * from './incremental-alter-configs.ts'
export * from './init-producer-id.ts'
export * from './join-group.ts'
export * from './leave-group.ts'
export * from './list-config-resources.ts'
export * from './list-groups.ts'
export * from './list-offsets.ts'
export * from './list-partition-reassignments.ts'
export * from './metadata.ts'
export * from './node-endpoint.ts'
export * from './offset-commit.ts'
export * from './offset-delete.ts'
export * from './offset-fetch.ts'
export * from './offset-for-leader-epoch.ts'
export * from './produce.ts'
export * from './sync-group.ts'
export * from './unregister-broker.ts'

/** Every API, sorted by key. */
export const apiList: readonly Api[] = [
  Produce,
  Fetch,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  FindCoordinator,
  JoinGroup,
  Heartbeat,
  LeaveGroup,
  SyncGroup,
  DescribeGroups,
  ListGroups,
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  DeleteRecords,
  InitProducerId,
  OffsetForLeaderEpoch,
  DescribeConfigs,
  AlterConfigs,
  DescribeLogDirs,
  CreatePartitions,
  DeleteGroups,
  ElectLeaders,
  IncrementalAlterConfigs,
  AlterPartitionReassignments,
  ListPartitionReassignments,
  OffsetDelete,
  DescribeCluster,
  DescribeProducers,
  UnregisterBroker,
  ListConfigResources,
  DescribeTopicPartitions,
]

/** The same by API key. */
export const apis: ReadonlyMap<number, Api> = new Map(apiList.map((api) => [api.key, api]))
