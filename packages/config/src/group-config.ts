import { type ConfigOf, table } from './row.ts'

/** Every key of a group. Classic groups bring their timeouts along in each JoinGroup, so there is none yet that would act. */
export const groupConfig = table({})

/** The values of all group keys, by key. */
export type GroupConfig = ConfigOf<typeof groupConfig>
