/**
 * Who evaluates: one console of all that have the cluster. Claims stand in the topic of the rules, with times that its broker
 * gives; each console replays them in the same order and comes to the same holder. Pure.
 */
export const LEASE_MS = 30_000

export interface Lease {
  readonly runner: string
  /** For people: which host and process. */
  readonly name: string
  /** By the broker's clock, epoch milliseconds. */
  readonly untilMs: number
}

/** The lease after a claim that was written at `atMs`: its own, or the one that still holds. */
export function claimed(lease: Lease | null, claim: Pick<Lease, 'runner' | 'name'>, atMs: number): Lease {
  const isFree = lease === null || lease.runner === claim.runner || atMs >= lease.untilMs
  return isFree ? { runner: claim.runner, name: claim.name, untilMs: atMs + LEASE_MS } : lease
}

/** The lease after its holder gave it back; of anybody else that changes nothing. */
export function released(lease: Lease | null, runner: string): Lease | null {
  return lease?.runner === runner ? null : lease
}
