/** Resources that have configs, by the protocol's numbers. */
export const configResource = { topic: 2, broker: 4, group: 32 } as const

/** What Kafka keeps configs of besides, by the protocol's numbers. */
const NOT_SERVED: Readonly<Record<number, string>> = { 8: 'broker loggers', 16: 'client metrics' }

/** Why a resource of another type than those of `configResource` has no configs: the type by its name, and those that have some. */
export function noConfigsText(resourceType: number): string {
  const name = NOT_SERVED[resourceType]
  const type = name === undefined ? `type ${resourceType}` : `${name} (type ${resourceType})`
  return `There are no configs of ${type} here; topics (2), brokers (4) and groups (32) have some.`
}
