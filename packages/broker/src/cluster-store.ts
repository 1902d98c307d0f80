/** The metadata store of a cluster apart from its brokers: to serve it, and to carry it from one place to another. */
import { parseBrokerConfig } from '@odradek/config'
import { createNodeClock } from './host/node/clock.ts'
import { createNodeDisk } from './host/node/disk.ts'
import { createNodeTimers } from './host/node/timers.ts'
import { EmbeddedStore } from './metadata/embedded-store.ts'
import { brokerKey } from './metadata/keys.ts'
import { openStore } from './metadata/open-store.ts'
import { type StoreServer, serveStore } from './metadata/socket/store-server.ts'
import { copyStore } from './metadata/store-copy.ts'

/** A store that is served by whoever started the brokers. */
export interface SupervisedStore extends StoreServer {
  /**
   * Ends what the registration of a broker holds whose process is known to have ended, so that others lead at once instead of
   * when its lease is over. To be called before that broker is started again.
   */
  brokerEnded(id: number): Promise<void>
}

/** Another process uses the directory of the store. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError'
}

/** How long brokers of a store that was away count as alive when it is back: time enough to say that they are. */
const KEPT_LEASE_MS = 10_000

/**
 * Serves the embedded store of `directory` on a Unix socket until it is closed. Rejects with a StoreInUseError where
 * another process uses the directory, and where one uses the socket.
 */
export async function serveEmbeddedStore(options: { directory: string; path: string }): Promise<SupervisedStore> {
  const { directory, path } = options
  const disk = createNodeDisk()
  disk.makeDirectory(directory)
  const lock = disk.lock(`${directory}/.lock`)
  if (lock === null) throw new StoreInUseError(`${directory} is in use by another process.`)
  const clock = createNodeClock()
  const timers = createNodeTimers(clock)
  try {
    const store = EmbeddedStore.open({ disk, clock, timers, directory, keptLeaseMs: KEPT_LEASE_MS })
    const server = await serveStore(store, path)
    return {
      async brokerEnded(id) {
        const { entry } = await store.get(brokerKey(id))
        if (entry?.lease) await store.revoke(entry.lease)
      },
      async close() {
        await server.close()
        await store.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** What a copy did. */
export interface CopiedStore {
  readonly clusterId: string
  readonly topics: number
  readonly keys: number
}

/**
 * Copies the metadata of a broker that is stopped (the embedded store of its first data directory, or the directory of a
 * served store) into the store that `settings` name, which must have none yet. The source stays as it is.
 */
export async function copyEmbeddedStore(options: {
  /** `<data>/metadata`, or the store's directory of `odradek up`. */
  readonly directory: string
  /** Held by a broker or a supervisor that uses it. */
  readonly lockFile: string
  /** `metadata.store` and what goes with it. */
  readonly settings: Readonly<Record<string, string>>
}): Promise<CopiedStore> {
  const { config, errors } = parseBrokerConfig(options.settings)
  if (errors.length > 0) throw new Error(errors.map(({ text }) => text).join('\n'))
  const disk = createNodeDisk()
  const clock = createNodeClock()
  const timers = createNodeTimers(clock)
  const lock = disk.lock(options.lockFile)
  if (lock === null) throw new Error(`${options.directory} is in use. Stop the broker first.`)
  try {
    const source = EmbeddedStore.open({ disk, clock, timers, directory: options.directory, isExpected: true })
    const { store: target } = await openStore(config, { disk, clock, timers }, { directory: '', isExpected: false })
    try {
      return await copyStore(source, target)
    } finally {
      await source.close()
      await target.close()
    }
  } finally {
    lock.release()
  }
}
