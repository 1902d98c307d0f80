import { int32, nullable, string } from '../schema/fields.ts'

/** Where a broker is reached: told along with the id of a new leader (KIP-951). */
export const nodeEndpoint = {
  nodeId: int32(),
  host: string(),
  port: int32(),
  rack: nullable(string(), { default: null }),
}

/** Who leads a partition now; -1 for both means "not told" (KIP-951). */
export const leaderIdAndEpoch = {
  leaderId: int32({ default: -1 }),
  leaderEpoch: int32({ default: -1 }),
}
