import type { EpochStart } from '../storage/epoch-cache.ts'

/** Where the leader says that an epoch of the follower's, or the next below it that it knows, ends in its log. */
export interface LeaderEpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/**
 * Where a follower's log is to be cut whose history parts from the leader's (KIP-279). `epochs` are those of its own log,
 * rising. The leader's answer names an epoch at or below the one the follower asked for:
 *
 *   the follower knows it    both have the same records of it up to where the shorter one ends: cut there
 *   it does not              all its own epochs above that one are not the leader's: cut where they begin, and ask again
 *                            with what is the last one then
 */
export function truncationPoint(epochs: readonly EpochStart[], endOffset: number, leader: LeaderEpochEnd): number {
  let next = epochs.findIndex(({ epoch }) => epoch > leader.epoch)
  if (next === -1) next = epochs.length
  const ownEnd = next < epochs.length ? epochs[next]!.startOffset : endOffset
  const isKnown = next > 0 && epochs[next - 1]!.epoch === leader.epoch
  // Where not even a lower one is known, only the leader's word is left.
  if (isKnown || next === 0) return Math.min(ownEnd, leader.endOffset, endOffset)
  return Math.min(ownEnd, endOffset)
}
