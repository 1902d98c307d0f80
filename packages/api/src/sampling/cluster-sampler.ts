/**
 * Watches a cluster: every few seconds the ends of all partitions and the commits of all groups, from which come rates,
 * lags and their history. Bounded: two hours of the cluster, of each group and of each busy topic. It slows down where a
 * sample takes long, so that it never uses more than a twentieth of the time, and stops while nobody has looked for long.
 */
import { EventEmitter, on } from 'node:events'
import {
  type Cluster,
  type CommittedByTopic,
  committedOffsetsOf,
  EARLIEST,
  LATEST,
  type ListedGroup,
  lagBetween,
  listGroups,
  listOffsets,
  type OffsetsByTopic,
  offsetOf,
} from '@odradek/client'
import { TimeRing } from './time-ring.ts'

/** One look at the cluster. */
export interface Sample {
  readonly atMs: number
  readonly starts: OffsetsByTopic
  readonly ends: OffsetsByTopic
  /** Records a second since the sample before, by topic. */
  readonly rates: ReadonlyMap<string, number>
  readonly commits: ReadonlyMap<string, CommittedByTopic>
  readonly groups: readonly ListedGroup[]
  /** By group; null where it is not known. */
  readonly lags: ReadonlyMap<string, number | null>
  readonly traffic: Awaited<ReturnType<ReadTraffic>>
}

export interface SamplerLimits {
  /** Time between two samples, at least [5 s]. */
  readonly intervalMs: number
  readonly pointsMax: number
  readonly groupsMax: number
  readonly topicsMax: number
  /** Nobody looked for this long: no more samples until somebody does [2 h]. */
  readonly unwatchedMs: number
}

const defaultLimits: SamplerLimits = {
  intervalMs: 5000,
  pointsMax: 720,
  groupsMax: 5000,
  topicsMax: 1000,
  unwatchedMs: 2 * 3_600_000,
}

/** Group → topic → partition → an offset and since when it is committed. */
type CommitsSince = Map<string, Map<string, Map<number, { offset: number; sinceMs: number }>>>

const rebalancingStates = new Set(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling'])

/** Over less time than this a rate is noise. */
const RATE_MS_MIN = 1000

export type ClusterFigure = 'recordsInPerSecond' | 'lag' | 'bytesInPerSecond' | 'bytesOutPerSecond'

/** Bytes that all brokers have received and sent since they started; null: they do not tell. */
export type ReadTraffic = () => Promise<{ readonly receivedBytes: number; readonly sentBytes: number } | null>

export class ClusterSampler {
  readonly history: TimeRing<ClusterFigure>
  readonly #cluster: Cluster
  readonly #readTraffic: ReadTraffic
  readonly #limits: SamplerLimits
  readonly #groups = new Map<string, TimeRing<'lag'>>()
  readonly #topics = new Map<string, TimeRing<'recordsInPerSecond'>>()
  /** Group → topic → partition → since when the commit is where it is, as far as it was watched. */
  #commitsSince: CommitsSince = new Map()
  readonly #groupsSince = new Map<string, number>()
  #rebalancingSince = new Map<string, number>()
  #last: Sample | null = null
  #sampling: Promise<Sample> | null = null
  #timer: NodeJS.Timeout | null = null
  #watchedAtMs = Date.now()
  readonly #events = new EventEmitter().setMaxListeners(0)
  #listeners = 0
  #closed = false

  constructor(cluster: Cluster, readTraffic: ReadTraffic, limits: Partial<SamplerLimits> = {}) {
    this.#readTraffic = readTraffic
    this.#cluster = cluster
    this.#limits = { ...defaultLimits, ...limits }
    this.history = new TimeRing(
      ['recordsInPerSecond', 'lag', 'bytesInPerSecond', 'bytesOutPerSecond'],
      this.#limits.pointsMax,
    )
  }

  /** Somebody looks: keeps the samples coming. */
  watch(): void {
    this.#watchedAtMs = Date.now()
    if (this.#timer === null && this.#sampling === null && !this.#closed) this.#schedule(0)
  }

  /** The newest sample, or null before the first. */
  get last(): Sample | null {
    this.watch()
    return this.#last
  }

  /** The newest sample, waiting for the first if need be. */
  async sample(): Promise<Sample> {
    return this.last ?? this.take()
  }

  /** A sample that is not older than this; another look, if it is. */
  async recent(ageMaxMs: number): Promise<Sample> {
    const last = this.last
    return last && Date.now() - last.atMs <= ageMaxMs ? last : this.take()
  }

  /** Each sample from now on, until `signal` ends it. Whoever listens counts as somebody who looks. */
  async *samples(signal: AbortSignal | undefined): AsyncGenerator<Sample> {
    for await (const sample of this.looks(signal)) if (sample !== null) yield sample
  }

  /** The same, with null for each look that came to nothing because the cluster does not answer. */
  async *looks(signal: AbortSignal | undefined): AsyncGenerator<Sample | null> {
    this.#listeners += 1
    this.watch()
    try {
      for await (const [sample] of on(this.#events, 'look', signal ? { signal } : {})) yield sample as Sample | null
    } catch (error) {
      if (signal?.aborted !== true) throw error
    } finally {
      this.#listeners -= 1
    }
  }

  /** Looks now. */
  take(): Promise<Sample> {
    this.#sampling ??= this.#take()
      .then(
        (sample) => {
          this.#events.emit('look', sample)
          return sample
        },
        (error: Error) => {
          this.#events.emit('look', null)
          throw error
        },
      )
      .finally(() => {
        this.#sampling = null
      })
    return this.#sampling
  }

  groupHistory(groupId: string): TimeRing<'lag'> | null {
    return this.#groups.get(groupId) ?? null
  }

  topicHistory(topic: string): TimeRing<'recordsInPerSecond'> | null {
    return this.#topics.get(topic) ?? null
  }

  /** Where a commit was at the last look, and since when, as far as it was watched; null: it is not known. */
  committedSince(
    groupId: string,
    topic: string,
    partition: number,
  ): { readonly offset: number; readonly sinceMs: number } | null {
    return this.#commitsSince.get(groupId)?.get(topic)?.get(partition) ?? null
  }

  /** Groups that were rebalancing at each look for at least so long. */
  rebalancingFor(durationMs: number): string[] {
    const now = Date.now()
    return [...this.#rebalancingSince].flatMap(([id, sinceMs]) => (now - sinceMs >= durationMs ? [id] : []))
  }

  /** How long a group has been watched until then; 0 where it was first seen later. */
  watchedMs(groupId: string, untilMs: number): number {
    const since = this.#groupsSince.get(groupId)
    return since === undefined ? 0 : Math.max(0, untilMs - since)
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      const began = performance.now()
      const again = (factor: number) => {
        const isUnwatched = this.#listeners === 0 && Date.now() - this.#watchedAtMs > this.#limits.unwatchedMs
        if (this.#closed || isUnwatched) return
        this.#schedule(Math.max(this.#limits.intervalMs * factor, (performance.now() - began) * 20))
      }
      this.take().then(
        () => again(1),
        () => again(2),
      )
    }, delayMs).unref()
  }

  async #take(): Promise<Sample> {
    const metadata = await this.#cluster.metadata()
    const questions = [...metadata.topics.values()].map((topic) => ({ topic }))
    const [starts, ends, listed, traffic] = await Promise.all([
      listOffsets(this.#cluster, questions, EARLIEST),
      listOffsets(this.#cluster, questions, LATEST),
      listGroups(this.#cluster),
      this.#readTraffic().catch(() => null),
    ])
    const atMs = Date.now()
    const { commits } = await committedOffsetsOf(this.#cluster, listed.groups)
    const lags = new Map(listed.groups.map(({ id }) => [id, lagOf(commits.get(id), starts, ends)]))
    const last = this.#last
    // Somebody asked for a look right after another: between them there is no rate, and no point of a history.
    const isTooSoon = last !== null && atMs - last.atMs < Math.min(RATE_MS_MIN, this.#limits.intervalMs / 2)
    const rates = isTooSoon ? last.rates : last ? ratesBetween(last, ends, atMs) : new Map<string, number>()
    const sample: Sample = { atMs, starts, ends, rates, commits, groups: listed.groups, lags, traffic }
    if (!isTooSoon) this.#note(sample, last)
    this.#noteCommits(sample)
    this.#last = sample
    return sample
  }

  #noteCommits({ atMs, commits, groups }: Sample): void {
    const rebalancing = groups.filter(({ state }) => rebalancingStates.has(state))
    this.#rebalancingSince = new Map(rebalancing.map(({ id }) => [id, this.#rebalancingSince.get(id) ?? atMs]))
    const next: CommitsSince = new Map()
    for (const [groupId, topics] of commits) {
      if (next.size >= this.#limits.groupsMax) break
      const known = this.#commitsSince.get(groupId)
      const byTopic = new Map<string, Map<number, { offset: number; sinceMs: number }>>()
      for (const [topic, partitions] of topics) {
        const before = known?.get(topic)
        byTopic.set(
          topic,
          new Map([...partitions].map(([partition, { offset }]) => [partition, kept(before, partition, offset, atMs)])),
        )
      }
      next.set(groupId, byTopic)
      if (!this.#groupsSince.has(groupId)) this.#groupsSince.set(groupId, atMs)
    }
    for (const groupId of this.#groupsSince.keys()) if (!next.has(groupId)) this.#groupsSince.delete(groupId)
    this.#commitsSince = next
  }

  #note(sample: Sample, before: Sample | null): void {
    const hasRates = before !== null
    const { atMs, rates, lags } = sample
    const sum = (values: Iterable<number | null>) => {
      let total = 0
      for (const value of values) total += value ?? 0
      return total
    }
    this.history.push(atMs, {
      recordsInPerSecond: hasRates ? sum(rates.values()) : null,
      lag: sum(lags.values()),
      bytesInPerSecond: byteRate(before, sample, 'receivedBytes'),
      bytesOutPerSecond: byteRate(before, sample, 'sentBytes'),
    })
    for (const [groupId, lag] of lags) {
      const ring = ringOf(
        this.#groups,
        groupId,
        this.#limits.groupsMax,
        () => new TimeRing(['lag'], this.#limits.pointsMax),
      )
      ring?.push(atMs, { lag })
    }
    if (!hasRates) return
    for (const [topic, rate] of rates) {
      // A topic that never was busy has no history: it would be a line of zeros.
      if (rate === 0 && !this.#topics.has(topic)) continue
      const make = () => new TimeRing(['recordsInPerSecond'] as const, this.#limits.pointsMax)
      ringOf(this.#topics, topic, this.#limits.topicsMax, make)?.push(atMs, { recordsInPerSecond: rate })
    }
    for (const groupId of this.#groups.keys()) if (!lags.has(groupId)) this.#groups.delete(groupId)
    for (const topic of this.#topics.keys()) if (!rates.has(topic)) this.#topics.delete(topic)
  }
}

/** null where one of the two is not known, or a broker was started in between. */
function byteRate(before: Sample | null, now: Sample, counter: 'receivedBytes' | 'sentBytes'): number | null {
  if (!before?.traffic || !now.traffic) return null
  const bytes = now.traffic[counter] - before.traffic[counter]
  return bytes < 0 ? null : (bytes * 1000) / Math.max(1, now.atMs - before.atMs)
}

/** What was known of a partition's commit, if it has not moved. */
function kept(
  known: ReadonlyMap<number, { offset: number; sinceMs: number }> | undefined,
  partition: number,
  offset: number,
  atMs: number,
): { offset: number; sinceMs: number } {
  const before = known?.get(partition)
  return before?.offset === offset ? before : { offset, sinceMs: atMs }
}

function ringOf<T>(rings: Map<string, T>, key: string, max: number, make: () => T): T | null {
  const known = rings.get(key)
  if (known) return known
  if (rings.size >= max) return null
  const ring = make()
  rings.set(key, ring)
  return ring
}

function lagOf(commits: CommittedByTopic | undefined, starts: OffsetsByTopic, ends: OffsetsByTopic): number | null {
  if (!commits) return null
  let total = 0
  for (const [topic, partitions] of commits) {
    for (const [partition, { offset }] of partitions) {
      total += lagBetween(offset, offsetOf(starts, topic, partition), offsetOf(ends, topic, partition)) ?? 0
    }
  }
  return total
}

function ratesBetween(before: Sample, ends: OffsetsByTopic, atMs: number): Map<string, number> {
  const seconds = Math.max(0.001, (atMs - before.atMs) / 1000)
  const rates = new Map<string, number>()
  for (const [topic, partitions] of ends) {
    let records = 0
    for (const [partition, { offset, errorCode }] of partitions) {
      const earlier = before.ends.get(topic)?.get(partition)
      // A topic that was deleted and made again begins anew.
      if (errorCode === 0 && earlier?.errorCode === 0) records += Math.max(0, offset - earlier.offset)
    }
    rates.set(topic, records / seconds)
  }
  return rates
}
