/**
 * `meta.properties` of a data directory: whose it is. Java properties; Kafka's version 1 has `cluster.id`, `node.id` and
 * `directory.id`.
 */
export const META_PROPERTIES = 'meta.properties'

export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** 22 characters of base64url. */
  readonly directoryId: string
}

export function encodeMetaProperties(meta: MetaProperties): string {
  return `#\ncluster.id=${meta.clusterId}\ndirectory.id=${meta.directoryId}\nnode.id=${meta.nodeId}\nversion=1\n`
}

/** What a file says, or what is wrong with it. A file without directory id (Kafka before 3.7) gets the one given. */
export function decodeMetaProperties(text: string, directoryId: string): MetaProperties | string {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!\s=:]+)\s*[=:]\s*(.*)$/.exec(line)
    if (match !== null) values.set(match[1]!, match[2]!.trim())
  }
  const version = values.get('version')
  if (version !== '1') return `version is ${version ?? 'missing'}, not 1`
  const clusterId = values.get('cluster.id')
  if (clusterId === undefined || clusterId === '') return 'cluster.id is missing'
  const nodeId = values.get('node.id')
  if (nodeId === undefined || !/^\d+$/.test(nodeId)) return `node.id is ${nodeId ?? 'missing'}`
  return { clusterId, nodeId: Number(nodeId), directoryId: values.get('directory.id') ?? directoryId }
}
