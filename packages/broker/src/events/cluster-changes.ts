import type { ClusterChange } from '@odradek/protocol'
import { targetReplicas } from '../metadata/controller/replica-move.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { ImageChange } from '../metadata/image-change.ts'

/** What happened between two images that is worth telling: who leads and who is in sync, brokers and controllers. */
export function clusterChanges(image: MetadataImage, previous: MetadataImage, change: ImageChange): ClusterChange[] {
  const found: ClusterChange[] = []
  for (const id of change.brokers) brokerChanges(found, image, previous, id)
  if (change.controller) {
    const { controllerId, controllerEpoch } = previous
    if (controllerEpoch !== 0) found.push({ kind: 'controllerLost', broker: controllerId, epoch: controllerEpoch })
    if (image.controllerEpoch !== 0)
      found.push({ kind: 'controllerElected', broker: image.controllerId, epoch: image.controllerEpoch })
  }
  for (const name of change.topics) {
    const [topic, before] = [image.topics.get(name), previous.topics.get(name)]
    // One that is new begins as it should be; one that is gone has no more to tell.
    if (topic === undefined || before?.topicId !== topic.topicId) continue
    for (const partition of topic.partitions) {
      const old = before.partitions[partition.index]
      if (old !== undefined && old.partitionEpoch !== partition.partitionEpoch)
        partitionChanges(found, topic, partition, old)
    }
  }
  return found
}

function brokerChanges(found: ClusterChange[], image: MetadataImage, previous: MetadataImage, broker: number): void {
  const [now, before] = [image.brokers.get(broker), previous.brokers.get(broker)]
  if (before !== undefined && before.epoch !== now?.epoch)
    found.push({ kind: 'brokerDown', broker, epoch: before.epoch, isOrderly: before.isStopping })
  if (now === undefined) return
  if (now.epoch !== before?.epoch) found.push({ kind: 'brokerUp', broker, epoch: now.epoch, rack: now.rack })
  if (now.isStopping && !(before?.epoch === now.epoch && before.isStopping))
    found.push({ kind: 'brokerStopping', broker, epoch: now.epoch })
}

function partitionChanges(
  found: ClusterChange[],
  topic: TopicImage,
  now: PartitionImage,
  before: PartitionImage,
): void {
  const { name, topicId } = topic
  const subject = { topic: name, topicId, partition: now.index, epoch: now.partitionEpoch }
  const { isr, leader, leaderEpoch } = now
  const kept = before.isr.filter((id) => isr.includes(id))
  if (kept.length < before.isr.length)
    found.push({ kind: 'isrShrunk', ...subject, before: before.isr, isr: kept, leader })
  if (kept.length < isr.length) found.push({ kind: 'isrExpanded', ...subject, before: kept, isr, leader })
  if (leader !== before.leader) {
    if (leader === -1) found.push({ kind: 'leaderLost', ...subject, before: before.leader, leaderEpoch })
    else {
      const isClean = before.isr.includes(leader) || before.elr?.includes(leader) === true
      found.push({ kind: 'leaderElected', ...subject, before: before.leader, leader, leaderEpoch, isClean })
    }
  }
  moveChanges(found, subject, now, before)
}

function moveChanges(
  found: ClusterChange[],
  subject: { topic: string; topicId: string; partition: number; epoch: number },
  now: PartitionImage,
  before: PartitionImage,
): void {
  const [target, target0] = [targetReplicas(now), targetReplicas(before)]
  const settled = before.replicas.filter((id) => !(before.adding ?? []).includes(id))
  const wasMoving = before.adding !== undefined
  if (now.adding !== undefined) {
    if (!wasMoving || !isSame(target, target0))
      found.push({ kind: 'reassignmentBegun', ...subject, before: settled, replicas: target })
  } else if (wasMoving) {
    const kind = isSame(now.replicas, target0) ? 'reassignmentDone' : 'reassignmentCancelled'
    found.push({ kind, ...subject, before: settled, replicas: now.replicas })
  } else if (!isSame(now.replicas, before.replicas)) {
    // Another order, or fewer: that is done at once.
    found.push({ kind: 'reassignmentDone', ...subject, before: before.replicas, replicas: now.replicas })
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, place) => id === b[place])
}
