import { brokersPrefix, clusterKey, controllerKey, rootPrefix, topicsPrefix } from './keys.ts'
import type { Compare, Entry, MetadataStore, Operation } from './store.ts'
import { parseCluster } from './values.ts'

/** Keys and bytes of one transaction: what any store takes, with some room. */
const KEYS_MAX = 100
const BYTES_MAX = 1_000_000

/**
 * Copies all metadata but what ends with its broker (registrations, the controller). Throws where the target belongs to a
 * cluster already. The cluster's id goes last, so that a copy that was cut short is begun again.
 */
export async function copyStore(
  source: MetadataStore,
  target: MetadataStore,
): Promise<{ clusterId: string; topics: number; keys: number }> {
  const { entries } = await source.list(rootPrefix)
  const cluster = entries.find(({ key }) => key === clusterKey)
  if (cluster === undefined) throw new Error('There is no metadata to copy: no broker ever started there.')
  const { entry: taken } = await target.get(clusterKey)
  if (taken !== null) {
    throw new Error(`The target has the metadata of cluster ${parseCluster(clusterKey, taken.value)} already.`)
  }
  const isLasting = ({ key }: Entry) => key !== controllerKey && key !== clusterKey && !key.startsWith(brokersPrefix)
  const lasting = entries.filter(isLasting)
  for (const group of inGroups(lasting)) await put(target, group)
  await put(target, [cluster])
  return {
    clusterId: parseCluster(clusterKey, cluster.value),
    topics: lasting.filter(({ key }) => key.startsWith(topicsPrefix)).length,
    keys: lasting.length + 1,
  }
}

async function put(target: MetadataStore, entries: readonly Entry[]): Promise<void> {
  const compares: Compare[] = [{ key: clusterKey, target: 'createRevision', revision: 0 }]
  const success: Operation[] = entries.map(({ key, value }) => ({ kind: 'put', key, value }))
  const { succeeded } = await target.transact({ compares, success })
  if (!succeeded) throw new Error('A broker started on the target meanwhile. Give it an empty one.')
}

function inGroups(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = []
  let bytes = 0
  for (const entry of entries) {
    const group = groups.at(-1)
    const size = Buffer.byteLength(entry.key) + Buffer.byteLength(entry.value)
    if (group === undefined || group.length === KEYS_MAX || bytes + size > BYTES_MAX) {
      groups.push([entry])
      bytes = size
    } else {
      group.push(entry)
      bytes += size
    }
  }
  return groups
}
