/**
 * The versions of the protocol that brokers speak to each other. Stated, not asked for: a request costs no exchange before it,
 * and brokers of two releases that follow each other speak the same. They are raised one release after the one that first
 * served the newer version, never in the same: so that a cluster is upgraded broker by broker, one release at a time.
 */
export const peerVersions = {
  /** Topic ids (13), the follower's epoch (15). */
  Fetch: 18,
  /** Topic ids. */
  Produce: 13,
  DescribeProducers: 0,
} as const
