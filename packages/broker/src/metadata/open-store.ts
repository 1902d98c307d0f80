import { readFileSync } from 'node:fs'
import type { BrokerConfig } from '@odradek/config'
import type { Host } from '../host/host.ts'
import { EmbeddedStore } from './embedded-store.ts'
import type { EtcdAddress } from './etcd/etcd-address.ts'
import type { MetadataStore } from './store.ts'
import { StoreAddressError } from './store-address-error.ts'

export interface OpenedStore {
  readonly store: MetadataStore
  /** How often an image of it is to be compared with it; undefined where its watches lose nothing. */
  readonly relistIntervalMs?: number
}

/** Releases of etcd before 2025 lose watch events (etcd #18089, #19179), and nobody says which one is asked. */
const ETCD_RELIST_MS = 60_000

/** What a store that is there and busy is given for lists and transactions. */
const ANSWER_MS = 10_000

/** Keys of `metadata.store` and what goes with it. */
export type StoreConfig = Pick<
  BrokerConfig,
  | 'metadata.store'
  | 'metadata.store.username'
  | 'metadata.store.password'
  | 'metadata.store.ca.file'
  | 'metadata.store.cert.file'
  | 'metadata.store.key.file'
  | 'broker.session.timeout.ms'
>

/**
 * Opens the store that `metadata.store` names; what only brokers of a cluster need is loaded for them alone. `embedded` is
 * where the embedded one is, and whether it must be there. Throws a StoreAddressError for what cannot be used.
 */
export async function openStore(
  config: StoreConfig,
  { disk, clock, timers }: Pick<Host, 'disk' | 'clock' | 'timers'>,
  embedded: { readonly directory: string; readonly isExpected: boolean },
): Promise<OpenedStore> {
  const text = config['metadata.store']
  // A renewal that gets no answer is to have failed before the next one is due.
  const requestTimeoutMs = Math.max(500, Math.floor(config['broker.session.timeout.ms'] / 3))
  if (text.startsWith('unix:')) {
    const { SocketStore } = await import('./socket/socket-store.ts')
    return {
      store: new SocketStore({
        path: text.slice('unix:'.length),
        timers,
        requestTimeoutMs,
        answerTimeoutMs: ANSWER_MS,
      }),
    }
  }
  if (text.startsWith('etcd:')) {
    const { EtcdStore } = await import('./etcd/etcd-store.ts')
    const address = await etcdAddress(config)
    return { store: new EtcdStore({ address, timers, requestTimeoutMs }), relistIntervalMs: ETCD_RELIST_MS }
  }
  return { store: EmbeddedStore.open({ disk, clock, timers, ...embedded }) }
}

async function etcdAddress(config: StoreConfig): Promise<EtcdAddress> {
  const { parseEtcdUrl } = await import('./etcd/etcd-address.ts')
  const parsed = parseEtcdUrl(config['metadata.store'].slice('etcd:'.length))
  if (parsed === null) {
    throw new StoreAddressError(
      `metadata.store: "${config['metadata.store']}" names no members of etcd: write etcd:http://host:2379,host:2379, with https where they use TLS. A path that keeps clusters apart stands once, at the end.`,
    )
  }
  const username = config['metadata.store.username']
  return {
    ...parsed,
    credentials: username === '' ? null : { username, password: config['metadata.store.password'] },
    tls: {
      ca: pemFile('metadata.store.ca.file', config['metadata.store.ca.file']),
      cert: pemFile('metadata.store.cert.file', config['metadata.store.cert.file']),
      key: pemFile('metadata.store.key.file', config['metadata.store.key.file']),
    },
  }
}

function pemFile(key: string, path: string): string | null {
  if (path === '') return null
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StoreAddressError(`${key}: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
