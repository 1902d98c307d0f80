/** The replicas that this broker has, led and followed ones, by topic, by topic id and by log. */
import type { Log } from '../storage/log.ts'
import type { Follower } from './follower.ts'
import type { Partition } from './partition.ts'

/** The replicas of one topic that this broker has, by index. */
export interface HeldTopic {
  readonly name: string
  readonly topicId: string
  readonly led: (Partition | undefined)[]
  readonly followed: (Follower | undefined)[]
}

export class HeldReplicas {
  readonly #byName = new Map<string, HeldTopic>()
  readonly #byId = new Map<string, HeldTopic>()
  readonly #byLog = new Map<Log, Partition | Follower>()

  topic(name: string): HeldTopic | undefined {
    return this.#byName.get(name)
  }

  topicById(topicId: string): HeldTopic | undefined {
    return this.#byId.get(topicId)
  }

  /** The replica whose log it is, or was last. */
  ofLog(log: Log): Partition | Follower | undefined {
    return this.#byLog.get(log)
  }

  /** Those that this broker leads. */
  *led(): Generator<Partition> {
    for (const { led } of this.#byName.values()) for (const partition of led) if (partition) yield partition
  }

  /** Those that it follows. */
  *followed(): Generator<Follower> {
    for (const { followed } of this.#byName.values()) for (const follower of followed) if (follower) yield follower
  }

  /** The topic, begun without replicas where there is none of it yet. */
  hold(name: string, topicId: string): HeldTopic {
    const known = this.#byName.get(name)
    if (known) return known
    const held: HeldTopic = { name, topicId, led: [], followed: [] }
    this.#byName.set(name, held)
    this.#byId.set(topicId, held)
    return held
  }

  /** The topic is gone, its logs are not yet. */
  release({ name, topicId }: HeldTopic): void {
    this.#byName.delete(name)
    this.#byId.delete(topicId)
  }

  /** The replica uses its log from now on. */
  use(replica: Partition | Follower): void {
    this.#byLog.set(replica.log, replica)
  }

  /** Nobody uses the log any more. */
  forget(log: Log): void {
    this.#byLog.delete(log)
  }
}
