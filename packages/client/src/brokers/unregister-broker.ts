/** Brokers that are gone and still known, and forgetting them: what is left when one is taken out of a cluster for good. */
import { DescribeCluster, UnregisterBroker } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone } from '../cluster-errors.ts'
import type { BrokerNode } from '../cluster-metadata.ts'

/** Versions of DescribeCluster from here on tell of brokers that are not there (KIP-1073). */
const TELLS_OF_GONE = 2

/** The brokers that registered once, are not there, and were not unregistered, by id. None where a cluster does not tell. */
export async function goneBrokers(cluster: Cluster): Promise<BrokerNode[]> {
  if (!(await cluster.serves(DescribeCluster, TELLS_OF_GONE))) return []
  const tried = 'list the brokers that are gone'
  const input = { includeFencedBrokers: true }
  const answer = await cluster.request(DescribeCluster, input, 'any', { atLeast: TELLS_OF_GONE, tried })
  assertNone(answer.errorCode, tried, answer.errorMessage)
  return answer.brokers
    .filter(({ isFenced }) => isFenced)
    .map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack }))
    .sort((a, b) => a.nodeId - b.nodeId)
}

/** Forgets a broker that is gone. Throws a KafkaError where it lives, has replicas, or is not known: its text says what to do. */
export async function unregisterBroker(cluster: Cluster, brokerId: number): Promise<void> {
  const tried = `unregister broker ${brokerId}`
  const answer = await cluster.request(UnregisterBroker, { brokerId }, 'controller', { tried })
  assertNone(answer.errorCode, tried, answer.errorMessage)
  cluster.forget()
}
