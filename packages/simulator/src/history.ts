import { CommitHistory } from './commit-history.ts'
import { TopicHistory } from './topic-history.ts'

/** All that clients know, and what was found wrong with it. */
export class History {
  readonly topics = new Map<string, TopicHistory>()
  readonly failures: string[] = []
  /** Counts of what happened, to see that a simulation does something. */
  readonly counts = { acknowledged: 0, read: 0, commits: 0, resets: 0, topics: 0, journalSyncs: 0, forced: 0 }
  /** The number of the broker's life. */
  life = 0
  /** Whether a fault was put in: then requests may be refused. */
  isFaulty = false
  /** Whether the disk is so small that old records go before their time. */
  hasTightDisk = false
  readonly #commits = new Map<string, CommitHistory>()
  readonly #where: () => string
  readonly fail = (problem: string): void => {
    this.failures.push(`${this.#where()}: ${problem}`)
  }

  /** `where` tells the time. */
  constructor(where: () => string) {
    this.#where = where
  }

  /** Records that power failures took from topics that do not wait for the disk. */
  get lostRecords(): number {
    let count = 0
    for (const { partitions } of this.topics.values()) for (const { lost } of partitions) count += lost.size
    return count
  }

  /** A request was refused without a reason that clients know of. */
  unexpected(problem: string): void {
    if (!this.isFaulty) this.fail(problem)
  }

  topic(name: string, configs: Readonly<Record<string, string>>): TopicHistory {
    const topic = new TopicHistory(name, configs, this.fail)
    topic.isOnTightDisk = this.hasTightDisk
    this.topics.set(name, topic)
    return topic
  }

  commits(group: string, topic: string, partition: number): CommitHistory {
    const key = `${group} ${topic}-${partition}`
    let commits = this.#commits.get(key)
    if (commits === undefined) {
      commits = new CommitHistory(key, this.fail)
      this.#commits.set(key, commits)
    }
    return commits
  }

  /** By group. */
  *allCommits(): Generator<{ group: string; commits: CommitHistory }> {
    for (const [key, commits] of this.#commits) yield { group: key.slice(0, key.indexOf(' ')), commits }
  }
}
