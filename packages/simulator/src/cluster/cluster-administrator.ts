import {
  AlterPartitionReassignments,
  ElectLeaders,
  errors,
  IncrementalAlterConfigs,
  type ResponseOutput,
} from '@odradek/protocol'
import type { ClusterClients, ClusterSession } from './cluster-clients.ts'
import type { PartitionTale } from './cluster-history.ts'

const TOPIC = 2
const SET = 0
/** Configs that clients do not notice. */
const CHANGES = [
  ['retention.ms', '86400000'],
  ['retention.ms', '604800000'],
  ['segment.bytes', '30000'],
  ['flush.messages', '1000'],
] as const

/** Changes topics, moves replicas and leaders while brokers fail: all of it goes to whoever is controller. */
export class ClusterAdministrator {
  readonly #clients: ClusterClients
  readonly #tales: readonly PartitionTale[]
  readonly #brokerIds: readonly number[]
  readonly #pauseMs: number

  constructor(
    clients: ClusterClients,
    options: { tales: readonly PartitionTale[]; brokerIds: readonly number[]; pauseMs: number },
  ) {
    this.#clients = clients
    this.#tales = options.tales
    this.#brokerIds = options.brokerIds
    this.#pauseMs = options.pauseMs
  }

  start(): void {
    this.#clients.start('administrator', (session) => this.#turn(session))
  }

  async #turn(session: ClusterSession): Promise<boolean> {
    if (this.#clients.draining) return false
    const { random } = session
    const tale = this.#tales[random.below(this.#tales.length)]!
    const broker = session.any()
    if (broker !== null) {
      const choice = random.below(3)
      if (choice === 0) await this.#configure(session, tale)
      else if (choice === 1) await this.#move(session, tale)
      else await this.#elect(session, tale)
    }
    await this.#clients.sleep(random.between(0, 2 * this.#pauseMs))
    return true
  }

  async #configure(session: ClusterSession, { topic }: PartitionTale): Promise<void> {
    const [name, value] = CHANGES[session.random.below(CHANGES.length)]!
    const answer: ResponseOutput<typeof IncrementalAlterConfigs> | undefined = await session
      .any()
      ?.request(IncrementalAlterConfigs, 1, {
        resources: [{ resourceType: TOPIC, resourceName: topic, configs: [{ name, configOperation: SET, value }] }],
      })
    if (answer?.responses[0]?.errorCode === errors.NONE.code) this.#clients.history.counts.changes++
  }

  /** To the same replicas in another order, or to another number of them. */
  async #move(session: ClusterSession, { topic, index }: PartitionTale): Promise<void> {
    const { random } = session
    const from = random.below(this.#brokerIds.length)
    const order = [...this.#brokerIds.slice(from), ...this.#brokerIds.slice(0, from)]
    const answer = await session.any()?.request(AlterPartitionReassignments, 0, {
      timeoutMs: 3_000,
      topics: [{ name: topic, partitions: [{ partitionIndex: index, replicas: order }] }],
    })
    if (answer?.responses[0]?.partitions[0]?.errorCode === errors.NONE.code) this.#clients.history.counts.changes++
  }

  async #elect(session: ClusterSession, { topic, index }: PartitionTale): Promise<void> {
    const answer = await session.any()?.request(ElectLeaders, 2, {
      electionType: 0,
      timeoutMs: 3_000,
      topicPartitions: [{ topic, partitions: [index] }],
    })
    if (answer?.replicaElectionResults[0]?.partitionResult[0]?.errorCode === errors.NONE.code)
      this.#clients.history.counts.changes++
  }
}
