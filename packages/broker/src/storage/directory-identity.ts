/**
 * Whose a data directory is: of one node of one cluster, for good, once it has `meta.properties` (meta-properties.ts). A new one
 * has none until the cluster is known.
 */
import { dirname } from 'node:path'
import type { Disk } from '../host/disk.ts'
import type { Host } from '../host/host.ts'
import { LogDirectoryError } from './log-directory-error.ts'
import { decodeMetaProperties, encodeMetaProperties, META_PROPERTIES, type MetaProperties } from './meta-properties.ts'

export class DirectoryIdentity {
  readonly #host: Pick<Host, 'disk' | 'random'>
  readonly #path: string
  readonly #nodeId: number
  #meta: MetaProperties | null

  /** Reads it; makes the names that lead to a new directory durable. Throws a LogDirectoryError where it is another node's. */
  constructor(host: Pick<Host, 'disk' | 'random'>, path: string, nodeId: number) {
    this.#host = host
    this.#path = path
    this.#nodeId = nodeId
    this.#meta = this.#read()
    if (this.#meta === null) syncParents(host.disk, path)
  }

  /** Null while the directory is new. */
  get clusterId(): string | null {
    return this.#meta?.clusterId ?? null
  }

  /** Of 22 characters; null while the directory is new. */
  get directoryId(): string | null {
    return this.#meta?.directoryId ?? null
  }

  /** Makes a new directory the cluster's. Throws a LogDirectoryError when it is another's. */
  setClusterId(clusterId: string): void {
    const { disk, random } = this.#host
    if (this.#meta === null) {
      this.#meta = { clusterId, nodeId: this.#nodeId, directoryId: random.uuid() }
      disk.replaceFile(`${this.#path}/${META_PROPERTIES}`, encodeMetaProperties(this.#meta))
    } else if (this.#meta.clusterId !== clusterId) {
      throw new LogDirectoryError(
        `The data directory ${this.#path} belongs to cluster ${this.#meta.clusterId}, not to ${clusterId}.`,
      )
    }
  }

  #read(): MetaProperties | null {
    const { disk, random } = this.#host
    const file = `${this.#path}/${META_PROPERTIES}`
    const bytes = disk.readFile(file)
    if (bytes === null) return null
    const meta = decodeMetaProperties(bytes.toString(), random.uuid())
    if (typeof meta === 'string') throw new LogDirectoryError(`${file} cannot be used: ${meta}.`)
    if (meta.nodeId !== this.#nodeId)
      throw new LogDirectoryError(
        `The data directory ${this.#path} belongs to node ${meta.nodeId}, not to ${this.#nodeId} (node.id).`,
      )
    return meta
  }
}

/**
 * Makes the names that lead to a new data directory durable, so that a power failure does not take all in it away. Also
 * where it was found made: the start that made it may have been killed before it came to this.
 */
function syncParents(disk: Disk, path: string): void {
  const parent = dirname(path)
  if (parent === path) return
  try {
    disk.syncDirectory(parent)
  } catch (error) {
    // Not ours to read, and so not made by us.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
  }
  syncParents(disk, parent)
}
