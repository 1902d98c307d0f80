/** Rules and alerts of a cluster in the compacted topic they are kept in: read on, and written. */
import { type Cluster, createTopic, KafkaError, KeyedLog } from '@odradek/client'
import { type AlertIncident, isUnfinished } from './alert-incident.ts'
import type { AlertRule } from './alert-rule.ts'
import { AlertState, incidentKey, RUNNER_KEY, ruleKey } from './alert-state.ts'

export const ALERT_TOPIC = 'odradek-alerts'

/** Alerts that are kept, those that fire among them; the oldest of those that are over go. */
const INCIDENTS_MAX = 500
const SEGMENT_MS = 3_600_000

export class AlertLedger {
  readonly state = new AlertState()
  readonly #cluster: Cluster
  readonly #log: KeyedLog
  #following: Promise<void> | null = null
  /** Begins when that has ended; shared by all who asked meanwhile. */
  #next: Promise<void> | null = null
  /** The last change of a rule: each reads the rule as the one before left it. */
  #changing: Promise<unknown> = Promise.resolve()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#log = new KeyedLog(
      cluster,
      ALERT_TOPIC,
      (record) => this.state.apply(record),
      () => this.state.clear(),
    )
  }

  /** Whether somebody agreed to keep rules in the cluster. */
  isThere(): Promise<boolean> {
    return this.#log.isThere()
  }

  /** Makes the topic where it is not there. Throws where that is not permitted. */
  async make(): Promise<void> {
    if (await this.isThere()) return
    const { brokers } = await this.#cluster.metadata()
    try {
      await createTopic(this.#cluster, {
        name: ALERT_TOPIC,
        partitions: 1,
        replicationFactor: Math.min(3, brokers.length),
        configs: {
          'cleanup.policy': 'compact',
          // The lease goes by one clock, the broker's.
          'message.timestamp.type': 'LogAppendTime',
          'segment.ms': String(SEGMENT_MS),
        },
      })
    } catch (error) {
      if (!(error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS')) throw error
    }
  }

  /** Reads on, so that `state` has all that the topic says by now: reading that has begun before may end before that. */
  follow(): Promise<void> {
    if (this.#following === null && this.#next === null) return this.#read()
    this.#next ??= Promise.resolve(this.#following)
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#read()
      })
    return this.#next
  }

  #read(): Promise<void> {
    this.#following = this.#log.follow().finally(() => {
      this.#following = null
    })
    return this.#following
  }

  /** Changes of rules one after the other, whatever became of the one before. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change)
    this.#changing = done.catch(() => {})
    return done
  }

  /** null removes it. */
  async writeRule(id: string, rule: AlertRule | null): Promise<void> {
    await this.#log.write(ruleKey(id), rule === null ? null : JSON.stringify(rule))
    await this.follow()
  }

  async writeIncidents(changed: readonly AlertIncident[]): Promise<void> {
    if (changed.length === 0) return
    for (const incident of changed) {
      await this.#log.write(incidentKey(incident.id), JSON.stringify(incident))
      // At once, so that the next look does not decide the same again, whatever reading on comes to.
      this.state.incidents.set(incident.id, incident)
    }
    await this.follow()
  }

  writeClaim(claim: string): Promise<void> {
    return this.#log.write(RUNNER_KEY, claim)
  }

  /** Takes the oldest that are over away, where there are too many. */
  async forgetOld(): Promise<void> {
    const { incidents } = this.state
    if (incidents.size <= INCIDENTS_MAX) return
    const over = [...incidents.values()]
      .filter((incident) => !isUnfinished(incident))
      .sort((a, b) => a.firedAtMs - b.firedAtMs)
    const gone = over.slice(0, incidents.size - INCIDENTS_MAX)
    for (const { id } of gone) await this.#log.write(incidentKey(id), null)
    if (gone.length > 0) await this.follow()
  }
}
