/** In-sync replicas that were found to be others than the metadata has it: told together with those of the same turn. */
import { errors } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Turn, TurnTask } from '../host/turn.ts'
import type { IsrChange, IsrOutcome } from '../metadata/controller/alter-isr.ts'
import type { Partition } from './partition.ts'

export interface IsrChangesOptions {
  readonly turn: Turn
  readonly logger: Logger
  readonly alterIsr: (changes: readonly IsrChange[]) => Promise<readonly IsrOutcome[]>
}

export class IsrChanges implements TurnTask {
  readonly #options: IsrChangesOptions
  #changes: IsrChange[] = []
  #partitions: Partition[] = []

  constructor(options: IsrChangesOptions) {
    this.#options = options
  }

  /** `isr` are in sync with the leader; it hears what came of it by `isrDecided`. */
  found(partition: Partition, isr: readonly number[]): void {
    const { topicId, index, leaderEpoch, partitionEpoch } = partition
    this.#changes.push({ topicId, index, leaderEpoch, partitionEpoch, isr })
    this.#partitions.push(partition)
    if (this.#changes.length === 1) this.#options.turn.defer('answer', this)
  }

  endTurn(): void {
    const { logger, alterIsr } = this.#options
    const changes = this.#changes
    const partitions = this.#partitions
    this.#changes = []
    this.#partitions = []
    for (const [at, { isr }] of changes.entries()) {
      const { topic, index, isr: before } = partitions[at]!
      logger.info({ topic, partition: index, before, after: isr }, 'Other replicas are in sync.')
    }
    alterIsr(changes).then(
      (outcomes) => {
        for (const [at, partition] of partitions.entries()) partition.isrDecided(outcomes[at]!.errorCode)
      },
      (error: Error) => {
        logger.error({ err: error }, 'In-sync replicas could not be changed; please report this as a bug')
        for (const partition of partitions) partition.isrDecided(errors.REQUEST_TIMED_OUT.code)
      },
    )
  }
}
