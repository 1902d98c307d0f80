/**
 * Which partitions each connection goes round: with at least as many connections as partitions each serves one, else the
 * partitions are dealt out.
 */
export function partitionShares(partitions: number, connections: number): number[][] {
  const shares: number[][] = Array.from({ length: connections }, () => [])
  for (let turn = 0; turn < Math.max(partitions, connections); turn++) {
    shares[turn % connections]!.push(turn % partitions)
  }
  return shares
}
