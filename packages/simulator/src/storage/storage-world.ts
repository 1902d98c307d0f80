/** What a seed chooses from in the storage simulation, and what outlives the lives of a data directory. */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import type { TopicConfig } from '@odradek/config'
import type { LogModel } from './log-model.ts'
import type { Focus } from './storage-focus.ts'

export const DATA_DIRECTORY = '/data'

/** What outlives the lives of a data directory. */
export interface StorageWorld {
  readonly random: SimRandom
  readonly focus: Focus
  readonly models: LogModel[]
  readonly counts: Record<string, number>
  readonly markBytes: number
  /** What a sync takes at most, but for one in fifty, which takes ten times that. */
  readonly syncMs: number
  readonly configOf: (model: LogModel) => TopicConfig
  /** A number that was not given before. */
  readonly next: () => number
  readonly fail: (problem: string) => void
}
