/** The end of a history that is known by its epochs. */
export interface EpochHistory {
  readonly latestEpoch: number
  readonly endOffset: number
  /** The greatest epoch at or below `epoch` that is known, and where it ends; null for one that never was here. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null
}

/**
 * Where the history of a follower's log, which ends at `offset` with a batch of `epoch`, parts from the leader's: the epoch at
 * or below it that the leader knows, and where that ends. Null where it does not, or where there is no epoch to tell by.
 */
export function divergenceFrom(
  leader: EpochHistory,
  epoch: number,
  offset: number,
): { epoch: number; endOffset: number } | null {
  if (epoch < 0) return null
  const known = leader.endOffsetForEpoch(epoch) ?? { epoch: leader.latestEpoch, endOffset: leader.endOffset }
  return known.epoch < epoch || known.endOffset < offset ? known : null
}
