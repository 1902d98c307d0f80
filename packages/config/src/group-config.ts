import { retryGroupConfig } from './intake-config.ts'
import { type ConfigOf, table } from './row.ts'

/** Every key of a group. Classic groups bring their timeouts along in each JoinGroup. */
export const groupConfig = table({ ...retryGroupConfig })

/** The values of all group keys, by key. */
export type GroupConfig = ConfigOf<typeof groupConfig>
