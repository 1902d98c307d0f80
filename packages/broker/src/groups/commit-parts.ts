/** An OffsetCommit of very many partitions is decided in parts, lest one decision hold the loop for long. */
import type { OffsetCommitRequest, OffsetCommitResponse } from '@odradek/protocol'

/** Partitions in one part, at most. */
const PARTITIONS_MAX = 250

type Topics = OffsetCommitRequest['topics']
type Told = OffsetCommitResponse['topics']

/** Whether a commit is more than one part. */
export function isCommitOfMany(topics: Topics): boolean {
  let count = 0
  for (const { partitions } of topics) count += partitions.length
  return count > PARTITIONS_MAX || topics.length > PARTITIONS_MAX
}

/** The topics of a commit in parts, in their order; a topic with many partitions may be in several. */
export function* commitParts(topics: Topics): Generator<Topics> {
  let part: Topics = []
  let left = PARTITIONS_MAX
  for (const topic of topics) {
    let from = 0
    do {
      const partitions = topic.partitions.slice(from, from + left)
      part.push({ ...topic, partitions })
      from += partitions.length
      // One without any counts as one.
      left -= Math.max(partitions.length, 1)
      if (left > 0) continue
      yield part
      part = []
      left = PARTITIONS_MAX
    } while (from < topic.partitions.length)
  }
  if (part.length > 0) yield part
}

/** What was told of the parts of `topics` as one answer, each topic as the request names it. */
export function joinedParts(topics: Topics, parts: readonly Told[]): Told {
  const told = parts.flat()
  let next = 0
  return topics.map((topic) => {
    const { partitions, ...names } = told[next++]!
    const all = [...partitions]
    while (all.length < topic.partitions.length) all.push(...told[next++]!.partitions)
    return { ...names, partitions: all }
  })
}
