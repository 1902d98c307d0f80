import type { KnownBroker, MetadataImage } from '../metadata/image.ts'

export interface BrokerEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Brokers [those that live] as a client that came in by `listenerName` reaches them: each by its listener of that name. */
export function brokerEndpoints(
  image: MetadataImage,
  listenerName: string,
  brokers: Iterable<KnownBroker> = image.brokers.values(),
): BrokerEndpoint[] {
  const endpoints: BrokerEndpoint[] = []
  for (const { id, listeners, rack } of brokers) {
    const listener = listeners.find(({ name }) => name === listenerName)
    if (listener) endpoints.push({ nodeId: id, host: listener.host, port: listener.port, rack })
  }
  return endpoints
}
