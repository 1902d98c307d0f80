/**
 * The partition of `__consumer_offsets` that a group lives in: the group id's Java `String.hashCode` (over UTF-16 units),
 * made positive as Kafka does (the smallest int32 gives 0), modulo the number of partitions.
 */
export function groupPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitionCount
}
