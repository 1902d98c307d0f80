/** Where a broker of Odradek serves what the Kafka protocol has no word for: its `admin.listener`. */

import type { Cluster } from '../cluster.ts'
import type { BrokerNode } from '../cluster-metadata.ts'
import { describeConfigs } from '../configs/describe-configs.ts'

/** The base URL, or the reason why there is none. */
export type AdminAddress = { readonly url: string } | { readonly reason: string }

/**
 * Asks the broker for its `admin.listener`. One that listens on loopback is asked only where the broker itself is reached
 * on loopback: elsewhere it would be another machine's.
 */
export async function adminAddress(cluster: Cluster, broker: BrokerNode): Promise<AdminAddress> {
  const resource = { type: 'broker', name: String(broker.nodeId) } as const
  const entries = await describeConfigs(cluster, resource, ['admin.listener'])
  const entry = entries.find(({ name }) => name === 'admin.listener')
  if (!entry) return { reason: 'The broker is no Odradek: it has no admin listener.' }
  const match = /^\[?([^\]]*?)\]?:(\d+)$/.exec(entry.value ?? '')
  if (!match) return { reason: 'The admin listener of the broker is off (admin.listener).' }
  const [, host = '', port] = match
  if (port === '0') return { reason: 'The admin listener has a port that only the broker knows (admin.listener).' }
  if (isLoopback(host) && !isLoopback(broker.host)) {
    return { reason: `The admin listener serves the broker's own machine only (admin.listener=${entry.value}).` }
  }
  const shown = ['', '0.0.0.0', '::'].includes(host) ? broker.host : host
  return { url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}` }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
