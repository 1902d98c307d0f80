/** Every API that is served: one table per file, all of them in `apis` by key. */
import type { Api } from '../schema/message.ts'
import { AlterConfigs } from './alter-configs.ts'
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
import { Heartbeat } from './heartbeat.ts'
import { IncrementalAlterConfigs } from './incremental-alter-configs.ts'
import { JoinGroup } from './join-group.ts'
import { LeaveGroup } from './leave-group.ts'
import { ListConfigResources } from './list-config-resources.ts'
import { ListGroups } from './list-groups.ts'
import { OffsetCommit } from './offset-commit.ts'
import { OffsetDelete } from './offset-delete.ts'
import { OffsetFetch } from './offset-fetch.ts'
import { SyncGroup } from './sync-group.ts'

export * from './alter-configs.ts'
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
export * from './heartbeat.ts'
export * from './incremental-alter-configs.ts'
export * from './join-group.ts'
export * from './leave-group.ts'
export * from './list-config-resources.ts'
export * from './list-groups.ts'
export * from './offset-commit.ts'
export * from './offset-delete.ts'
export * from './offset-fetch.ts'
export * from './sync-group.ts'

/** Every API, sorted by key. */
export const apiList: readonly Api[] = [
  OffsetCommit,
  OffsetFetch,
  JoinGroup,
  Heartbeat,
  LeaveGroup,
  SyncGroup,
  DescribeGroups,
  ListGroups,
  CreateTopics,
  DeleteTopics,
  DeleteRecords,
  DescribeConfigs,
  AlterConfigs,
  DescribeLogDirs,
  CreatePartitions,
  DeleteGroups,
  IncrementalAlterConfigs,
  OffsetDelete,
  DescribeCluster,
  DescribeProducers,
  ListConfigResources,
  DescribeTopicPartitions,
]

/** The same by API key. */
export const apis: ReadonlyMap<number, Api> = new Map(apiList.map((api) => [api.key, api]))
