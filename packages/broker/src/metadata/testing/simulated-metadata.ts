/** A broker's metadata on a simulated machine. */
import { errorName } from '@odradek/protocol'
import pino from 'pino'
import { createSimHost, type SimHost } from '../../host/sim/index.ts'
import type { TopicRequest } from '../controller/create-topic.ts'
import { EmbeddedStore } from '../embedded-store.ts'
import { Metadata, type MetadataOptions } from '../metadata.ts'
import type { MetadataStore } from '../store.ts'

export const logger = pino({ level: 'silent' })

/** A simulated machine with an empty, durable data directory. */
export function startHost(seed = 1): SimHost {
  const host = createSimHost(seed)
  host.disk.makeDirectory('/data')
  host.disk.syncDirectory('/')
  return host
}

export function openStore({ disk, clock, timers }: SimHost): EmbeddedStore {
  return EmbeddedStore.open({ disk, clock, timers, directory: '/data/metadata' })
}

export async function openMetadata(host: SimHost, store: MetadataStore, options: Partial<MetadataOptions> = {}) {
  const all = { store, host, config: {}, logger, nodeId: 1, clusterId: null, ...options }
  return await host.world.complete(Metadata.open(all))
}

/** A store and a broker's metadata over it. */
export async function start(host = startHost(), options: Partial<MetadataOptions> = {}) {
  const store = openStore(host)
  const metadata = await openMetadata(host, store, options)
  const until = <T>(promise: Promise<T>) => host.world.complete(promise)
  const stop = async () => {
    await until(metadata.close())
    await until(store.close())
  }
  return { host, store, metadata, until, stop }
}

export function request(name: string, fields: Partial<TopicRequest> = {}): TopicRequest {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
}

/** A store that is `store` but for some methods. */
export function but(store: MetadataStore, methods: Partial<MetadataStore>): MetadataStore {
  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    transact: (transaction) => store.transact(transaction),
    watch: (prefix, fromRevision, handlers) => store.watch(prefix, fromRevision, handlers),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    keepAlive: (lease) => store.keepAlive(lease),
    revoke: (lease) => store.revoke(lease),
    close: () => store.close(),
    ...methods,
  }
}

/** The names of the errors of results. */
export const codes = (results: readonly { errorCode: number }[]) => results.map(({ errorCode }) => errorName(errorCode))
