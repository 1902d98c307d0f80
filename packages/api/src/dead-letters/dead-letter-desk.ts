/**
 * The dead letters of a cluster as the console has them: where they are, how many, and the jobs that send them again. The
 * jobs' state is in the cluster; this console runs them while nobody else does.
 */
import { hostname } from 'node:os'
import {
  controlResendJob,
  createResendJob,
  type DeadLetterSummary,
  type DeadLetterTopic,
  deadLetterTopic,
  findDeadLetterTopics,
  keepResendJobs,
  MessageSource,
  pause,
  planResend,
  RefusedError,
  type ResendJob,
  type ResendPlan,
  type ResendRequest,
  resendJob,
  resendJobs,
  runResendJob,
  summarizeDeadLetters,
  topErrors,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { refuse } from '../failure.ts'
import { Snapshot } from '../snapshot.ts'
import { TopErrors } from './top-errors.ts'

/** A topic of dead letters with what is in it. */
export interface DeadLetterPlace extends DeadLetterTopic, Omit<DeadLetterSummary, 'topic' | 'group'> {
  /** The most frequent error of its newest letters; null where they tell none, or it is not known yet. */
  readonly topError: string | null
}

type CountedPlace = Omit<DeadLetterPlace, 'topError'>

const PLACES_MS = 5000
const LOOK_MS = 100
/** What a broker was ordered to do is done by then. */
const SOON_MS = 2000
const CLOSE_MS_MAX = 3000
/** After the keeper of jobs has failed: the cluster may be away. */
const AGAIN_MS = 5000
const ASKED_MAX = 100
/** The errors of more topics than these come after everything else is told. */
const ERRORS_AWAITED_MAX = 100
/** How long a single letter is waited for. */
const SETTLED_MS_MAX = 15_000

let desks = 0

export class DeadLetterDesk {
  readonly #session: ClusterSession
  readonly #closing = new AbortController()
  readonly #runner: string
  readonly #places: Snapshot<readonly CountedPlace[]>
  readonly #running = new Map<string, Promise<void>>()
  readonly #errors: TopErrors
  /** Topics that somebody has opened, though nothing says that they hold dead letters. */
  readonly #asked = new Set<string>()
  #keeping: Promise<void> | null = null
  #isChanged = false
  #changes = 0
  #lastGone: string | null = null

  constructor(session: ClusterSession) {
    this.#session = session
    this.#runner = `console ${hostname()} ${process.pid}.${++desks}`
    this.#places = new Snapshot(PLACES_MS, () => this.#learnPlaces())
    this.#errors = new TopErrors((places) => topErrors(session.cluster, places))
  }

  /** All topics of dead letters: as known, asked for anew meanwhile where that is old; after a change as they are now. */
  async places(): Promise<readonly DeadLetterPlace[]> {
    let known = this.#isChanged ? null : this.#places.peek()
    if (known === null) {
      this.#isChanged = false
      known = await this.#places.get()
    }
    return known.map((place) => ({ ...place, topError: this.#errors.of(place) }))
  }

  /** One topic, asked for now. Any topic can be looked at as one of dead letters; throws where it does not exist. */
  async place(topic: string): Promise<DeadLetterPlace> {
    const { cluster } = this.#session
    const found = await deadLetterTopic(cluster, topic)
    if (found.knownBy === 'asked' && this.#asked.size < ASKED_MAX) this.#asked.add(topic)
    const [summary] = await summarizeDeadLetters(cluster, [found])
    const errors = await topErrors(cluster, [summary!])
    return { ...summary!, ...found, topError: errors.get(topic) ?? null }
  }

  /** Something was changed: what is known is asked for again. */
  forget(): void {
    this.#changes++
    this.#isChanged = true
    this.#places.forget()
  }

  /** A broker was ordered to change something, and does it in a moment. */
  changesSoon(): void {
    this.forget()
    setTimeout(() => this.forget(), SOON_MS).unref()
  }

  /**
   * How often something was changed: here, and elsewhere as far as the last look at the cluster tells. Letters that come are no change;
   * where some have gone, somebody took them away.
   */
  changes(): number {
    const gone = this.#gone()
    if (gone !== this.#lastGone) {
      if (this.#lastGone !== null) this.forget()
      this.#lastGone = gone
    }
    return this.#changes
  }

  /** Where the logs of the known topics began at the last look, all in one; null before the first. */
  #gone(): string | null {
    const sample = this.#session.sampler.last
    const known = this.#places.recent(Number.POSITIVE_INFINITY)
    if (sample === null || known === undefined) return null
    return known
      .map(({ topic }) => {
        const starts = sample.starts.get(topic)
        return starts === undefined ? `${topic} -` : `${topic} ${[...starts.values()].map(({ offset }) => offset)}`
      })
      .join()
  }

  /** What a request would do. Nothing is written. */
  async plan(request: ResendRequest): Promise<ResendPlan> {
    await using source = this.#source()
    return planResend(source, request)
  }

  /** Makes a job and begins with it. The same id again is the same job. */
  async create(request: ResendRequest): Promise<ResendJob> {
    await using source = this.#source()
    const job = await createResendJob(source, request)
    this.run(job.id)
    return job
  }

  /** Runs a job here unless it is run already, here or elsewhere. Its end is in the job. */
  run(id: string): void {
    if (this.#running.has(id) || this.#closing.signal.aborted) return
    const { cluster } = this.#session
    const run = runResendJob(cluster, id, { runner: this.#runner, signal: this.#closing.signal })
      .then(() => {})
      .catch((error: Error) => {
        // Another one has it, or took it over.
        if (!(error instanceof RefusedError)) process.stderr.write(`Job ${id}: ${error.message}\n`)
      })
      .finally(() => {
        this.#running.delete(id)
        this.forget()
      })
    this.#running.set(id, run)
    this.keep()
  }

  /** Waits a little until a job has ended, whoever runs it; then tells how it stands. */
  async settled(id: string): Promise<ResendJob> {
    const until = performance.now() + SETTLED_MS_MAX
    for (;;) {
      await this.#running.get(id)
      const job = await this.job(id)
      const isGoing = job.state === 'ready' || job.state === 'running' || job.state === 'canary'
      if (!isGoing || performance.now() > until) return job
      await pause(LOOK_MS, this.#closing.signal)
    }
  }

  async control(id: string, what: 'pause' | 'resume' | 'cancel', by: string): Promise<ResendJob> {
    const job = await controlResendJob(this.#session.cluster, id, what, by)
    // A paused one that is cancelled, or goes on, needs somebody who does it.
    if (what !== 'pause') this.run(id)
    return job
  }

  /** All jobs, newest first. */
  jobs(): Promise<readonly ResendJob[]> {
    return resendJobs(this.#session.cluster)
  }

  /** Throws NOT_FOUND. */
  async job(id: string): Promise<ResendJob> {
    try {
      return await resendJob(this.#session.cluster, id)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      throw refuse('NOT_FOUND', error.message, error)
    }
  }

  /** From now on takes up every job that nobody runs: those of a console that was killed, too. */
  keep(): void {
    this.#keeping ??= this.#keepOn()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    // A cluster that does not answer must not keep the console from ending: what it runs is taken up by the next one.
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS_MAX)
    })
    await Promise.race([Promise.all([this.#keeping, ...this.#running.values()]), late])
    clearTimeout(timer)
  }

  async #keepOn(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        await keepResendJobs(this.#session.cluster, {
          runner: `${this.#runner}.keeper`,
          signal,
          onChange: () => this.forget(),
        })
      } catch {
        // The cluster is away, as every page says; it is asked again.
        await pause(AGAIN_MS, signal)
      }
    }
  }

  async #learnPlaces(): Promise<readonly CountedPlace[]> {
    const { cluster } = this.#session
    const topics = await findDeadLetterTopics(cluster, { also: [...this.#asked] })
    const summaries = await summarizeDeadLetters(cluster, topics)
    const byTopic = new Map(summaries.map((summary) => [summary.topic, summary]))
    const places = topics.flatMap((topic) => {
      const summary = byTopic.get(topic.topic)
      return summary === undefined || summary.isMissing ? [] : [{ ...summary, ...topic }]
    })
    const { count, learned } = this.#errors.learn(places)
    if (count <= ERRORS_AWAITED_MAX) await learned
    return places
  }

  #source(): MessageSource {
    return new MessageSource(this.#session.settings, this.#session.cluster)
  }
}
