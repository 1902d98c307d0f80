import type { BrokerEvent, ClusterChange, ClusterEvent } from '@odradek/protocol'
import type { MetadataImage } from '../metadata/image.ts'

/**
 * What must have happened to brokers and controller since the last of the events that were written: nobody who was there
 * wrote it, because all brokers were away, or all but those that could not lead the topic. `isWhole`: `events` are all that
 * there ever were.
 */
export function missedChanges(
  image: MetadataImage,
  events: readonly ClusterEvent[],
  isWhole: boolean,
): ClusterChange[] {
  const last = new Map<number, BrokerEvent>()
  let controllerEpoch = isWhole ? 0 : Number.POSITIVE_INFINITY
  for (const event of events) {
    if (event.kind === 'controllerElected' || event.kind === 'controllerLost') controllerEpoch = event.epoch
    else if (event.kind === 'brokerUp' || event.kind === 'brokerStopping' || event.kind === 'brokerDown')
      last.set(event.broker, event)
  }
  const missed: ClusterChange[] = []
  for (const [broker, { kind, epoch }] of last) {
    if (kind === 'brokerDown' || image.brokers.get(broker)?.epoch === epoch) continue
    missed.push({ kind: 'brokerDown', broker, epoch, isOrderly: kind === 'brokerStopping' })
  }
  for (const { id, epoch, rack } of image.liveBrokers()) {
    const known = last.get(id)
    if (known === undefined ? isWhole : known.epoch !== epoch)
      missed.push({ kind: 'brokerUp', broker: id, epoch, rack })
  }
  if (
    image.controllerEpoch !== 0 &&
    image.controllerEpoch !== controllerEpoch &&
    controllerEpoch !== Number.POSITIVE_INFINITY
  )
    missed.push({ kind: 'controllerElected', broker: image.controllerId, epoch: image.controllerEpoch })
  return missed
}
