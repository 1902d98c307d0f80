const TEXT = /^version: (\d+)\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/

/** The content of `partition.metadata`. */
export function encodePartitionMetadata(topicId: string): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}`)
}

/** The topic id in a `partition.metadata`, null when it is not one. */
export function decodePartitionMetadata(bytes: Buffer): string | null {
  const match = TEXT.exec(bytes.toString())
  return match !== null && match[1] === '0' ? match[2]! : null
}
