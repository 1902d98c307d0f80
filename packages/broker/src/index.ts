export type { Health } from './admin/admin-listener.ts'
export { Broker } from './broker.ts'
export { type StartOptions, startBroker } from './start-broker.ts'
export { StartError } from './start-error.ts'
