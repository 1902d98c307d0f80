/** What rules watch, measured now. What cannot be measured is told as a problem, and changes no alert. */
import {
  delayedPartitions,
  findAdminListeners,
  findDeadLetterTopics,
  LATEST,
  listOffsets,
  offsetOf,
  RefusedError,
  silentText,
} from '@odradek/client'
import { listBrokers } from '../broker-listing.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { Snapshot } from '../snapshot.ts'
import type { Measured } from './alert-incident.ts'
import { type AlertRule, isInScope } from './alert-rule.ts'

/** Samples are at most so old. */
const SAMPLE_AGE_MS_MAX = 6_000
/** Topics become dead-letter topics rarely. */
const TOPICS_AGE_MS_MAX = 60_000

export class AlertMeasures {
  readonly #session: ClusterSession
  readonly #deadLetterTopics: Snapshot<readonly string[]>

  constructor(session: ClusterSession) {
    this.#session = session
    this.#deadLetterTopics = new Snapshot(TOPICS_AGE_MS_MAX, async () =>
      (await findDeadLetterTopics(session.cluster)).map(({ topic }) => topic),
    )
  }

  /** The values of a rule, by subject. Never throws. */
  async measure(rule: AlertRule): Promise<Measured> {
    try {
      return await this.#measure(rule)
    } catch (error) {
      return { values: new Map(), problem: (error as Error).message }
    }
  }

  #measure(rule: AlertRule): Promise<Measured> {
    switch (rule.kind) {
      case 'lag':
        return this.#lag(rule)
      case 'deadLetters':
        return this.#deadLetters(rule)
      case 'waiting':
        return this.#waiting(rule)
      case 'disk':
        return this.#disk(rule)
      case 'leaderless':
        return this.#leaderless(rule)
      default:
        return rule.kind satisfies never
    }
  }

  async #lag({ scope }: AlertRule): Promise<Measured> {
    const { lags } = await this.#session.sampler.recent(SAMPLE_AGE_MS_MAX)
    const values = new Map<string, number>()
    const unknown: string[] = []
    for (const [group, lag] of lags) {
      if (!isInScope(scope, group)) continue
      if (lag === null) unknown.push(group)
      else values.set(group, lag)
    }
    return { values, problem: unknown.length === 0 ? null : `The lag of ${namesText(unknown)} is not known.` }
  }

  /** Letters that came within the window: offsets, from the first one written in it to the end. */
  async #deadLetters({ scope, windowMs }: AlertRule): Promise<Measured> {
    const { cluster } = this.#session
    const [names, { topics }] = await Promise.all([this.#deadLetterTopics.get(), cluster.metadata()])
    const asked = names.flatMap((name) => {
      const topic = topics.get(name)
      return topic === undefined || !isInScope(scope, name) ? [] : [{ topic }]
    })
    const [ends, began] = await Promise.all([
      listOffsets(cluster, asked, LATEST),
      listOffsets(cluster, asked, Date.now() - windowMs),
    ])
    const values = new Map<string, number>()
    const unknown: string[] = []
    for (const { topic } of asked) {
      let grown = 0
      for (const { partition } of topic.partitions) {
        const end = offsetOf(ends, topic.name, partition)
        const first = offsetOf(began, topic.name, partition)
        if (end === null || first === null) unknown.push(`${topic.name}-${partition}`)
        // -1: nothing was written since.
        else if (first >= 0) grown += Math.max(0, end - first)
      }
      values.set(topic.name, grown)
    }
    return { values, problem: unknown.length === 0 ? null : `${namesText(unknown)} cannot be read.` }
  }

  async #waiting({ scope }: AlertRule): Promise<Measured> {
    const { cluster, settings } = this.#session
    const values = new Map<string, number>()
    const { partitions, silent } = await delayedPartitions(await findAdminListeners(cluster, settings.adminAddress))
    // Less than waits must resolve nothing.
    if (silent.length > 0) return { values, problem: `Not all of it is known: ${silentText(silent)}` }
    for (const { topic, waiting } of partitions) {
      if (isInScope(scope, topic)) values.set(topic, (values.get(topic) ?? 0) + waiting)
    }
    return { values, problem: null }
  }

  /** Of each broker the share of its volumes that is in use, in percent. */
  async #disk({ scope }: AlertRule): Promise<Measured> {
    const rows = await listBrokers(this.#session)
    const values = new Map<string, number>()
    const unknown: string[] = []
    for (const { nodeId, totalBytes, freeBytes } of rows) {
      if (!isInScope(scope, String(nodeId))) continue
      if (totalBytes === null || freeBytes === null || totalBytes === 0) unknown.push(String(nodeId))
      else values.set(String(nodeId), Number(((1 - freeBytes / totalBytes) * 100).toFixed(2)))
    }
    if (rows.length === 0) throw new RefusedError('No broker is known.', 'measure the disks', 'Wait for a broker.')
    return {
      values,
      problem: unknown.length === 0 ? null : `Brokers that do not tell of their disks: ${unknown.join(', ')}`,
    }
  }

  async #leaderless({ scope }: AlertRule): Promise<Measured> {
    const { topics } = await this.#session.cluster.metadata()
    let count = 0
    for (const { name, partitions } of topics.values()) {
      if (isInScope(scope, name)) count += partitions.filter(({ leader }) => leader < 0).length
    }
    return { values: new Map([[this.#session.id, count]]), problem: null }
  }
}

function namesText(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
}
