/** A sample shop in a Kafka cluster: orders, payments, clicks, shipments, customers, and groups that fare differently. */
export { type OpenShop, openShop, type ShopOptions } from './open-shop.ts'
export { removeShop } from './remove-shop.ts'
export { ORDERS_PER_SECOND, type RunningShop, runShop } from './run-shop.ts'
export { Shop, type ShopRecord } from './shop.ts'
export { ShopProcess } from './shop-process.ts'
export { SCHEMAS_TOPIC, shopGroups, shopTopics } from './shop-topics.ts'
