import type { Timers } from '../host/clock.ts'
import type { MetadataImage } from './image.ts'
import type { ImageFollower } from './image-follower.ts'

/** Whether a broker leads what another that is in sync could lead. */
export function leadsForOthers(image: MetadataImage, nodeId: number): boolean {
  for (const topic of image.topics.values()) {
    for (const { leader, isr } of topic.partitions) {
      if (leader === nodeId && isr.some((id) => id !== nodeId && image.isStaying(id))) return true
    }
  }
  return false
}

/** Waits until others lead all that they could; false when `timeoutMs` are over before. */
export function handedOver(
  follower: ImageFollower,
  timers: Timers,
  nodeId: number,
  timeoutMs: number,
): Promise<boolean> {
  if (!leadsForOthers(follower.image, nodeId)) return Promise.resolve(true)
  return new Promise((resolve) => {
    const end = (isHanded: boolean) => {
      timer.cancel()
      stop()
      resolve(isHanded)
    }
    const timer = timers.after(timeoutMs, () => end(false))
    const stop = follower.onChange((image) => {
      if (!leadsForOthers(image, nodeId)) end(true)
    })
  })
}
