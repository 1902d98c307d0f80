import { errors } from '@odradek/protocol'

const NO_CHECK = -1

/**
 * Compares the leader epoch that a client believes in (-1: it does not say) with the partition's (KIP-320).
 * Returns 0, FENCED_LEADER_EPOCH for an old one or UNKNOWN_LEADER_EPOCH for one that is still to come.
 */
export function leaderEpochError(claimed: number, actual: number): number {
  if (claimed === NO_CHECK || claimed === actual) return 0
  return claimed < actual ? errors.FENCED_LEADER_EPOCH.code : errors.UNKNOWN_LEADER_EPOCH.code
}
