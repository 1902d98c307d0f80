/** ListConfigResources (key 74, versions 0 and 1): what has configs (KIP-1142). Client metrics, all of version 0, are not kept. */
import { errors, ListConfigResources } from '@odradek/protocol'
import { handle } from '../exchange.ts'

const TOPIC = 2
const BROKER = 4
const CLIENT_METRICS = 16
const GROUP = 32
const SERVED = [TOPIC, BROKER, CLIENT_METRICS, GROUP]

export const listConfigResources = handle(ListConfigResources, (request, exchange, broker) => {
  const asked = exchange.version === 0 ? [CLIENT_METRICS] : request.resourceTypes
  if (asked.some((type) => !SERVED.includes(type))) {
    return { errorCode: errors.UNSUPPORTED_VERSION.code, configResources: [] }
  }
  const types = asked.length > 0 ? asked : SERVED
  const { image } = broker.metadata
  const configResources: { resourceName: string; resourceType: number }[] = []
  const add = (type: number, names: Iterable<string | number>) => {
    if (!types.includes(type)) return
    for (const name of names) configResources.push({ resourceName: String(name), resourceType: type })
  }
  add(
    TOPIC,
    image.listedTopics().map(({ name }) => name),
  )
  add(BROKER, image.brokers.keys())
  add(GROUP, image.groupConfigs.keys())
  return { errorCode: 0, configResources }
})
