/** What the sample shop makes in a cluster. Its names begin with `shop.`, its groups with `shop-`. */
export const shopTopics = [
  { name: 'shop.orders', partitions: 6, configs: { 'retention.ms': '604800000' } },
  { name: 'shop.payments', partitions: 6, configs: { 'retention.ms': '604800000' } },
  { name: 'shop.clicks', partitions: 3, configs: { 'retention.ms': '86400000' } },
  { name: 'shop.shipments', partitions: 3, configs: { 'retention.ms': '604800000' } },
  { name: 'shop.customers', partitions: 3, configs: { 'cleanup.policy': 'compact' } },
] as const

export type ShopTopic = (typeof shopTopics)[number]['name']

/** Where schemas are: as a Confluent registry keeps them, so that whoever reads the topics can decode them. */
export const SCHEMAS_TOPIC = '_schemas'

/** Consumer groups: one that keeps up, one that lags, one that is stuck at a damaged payment, one whose members are gone, one
 * that fails with 3 % of the orders where the broker retries. */
export const shopGroups = [
  'shop-billing',
  'shop-analytics',
  'shop-notifications',
  'shop-archive',
  'shop-fulfilment',
] as const
