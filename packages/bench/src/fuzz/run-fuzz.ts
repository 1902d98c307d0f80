/**
 * Rounds of cases against a broker that serves an honest client, too. After each round: the honest client is served, the
 * process lives, its memory is bounded, its log tells of no error; every answer was an answer. Now and then the broker is
 * stopped or killed and started again on what the cases have left; at the end its files are verified.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Attacker, ClosedConnection, type Outcome } from './attacker.ts'
import type { FuzzCase, Layer } from './fuzz-case.ts'
import { layers } from './fuzz-case.ts'
import { CaseMaker } from './make-case.ts'
import { Random } from './random.ts'
import { FUZZ_TOPICS, Misbehaviour, Subject } from './subject.ts'
import { Vocabulary } from './vocabulary.ts'

const GROUPS = ['fuzz-group', 'other-group']
const ATTACKERS = 12
/** After so many rounds the topics are made anew. */
const ROUNDS_PER_SCENE = 5

export interface FuzzOptions {
  readonly seed: number
  readonly casesPerRound: number
  /** After so many rounds the broker is started again, every other time after it was killed; 0: never. */
  readonly roundsPerLife: number
  /** Ends when this gives false, asked before each round. */
  readonly goesOn: (rounds: number) => boolean | Promise<boolean>
  /** How long an answer is waited for. */
  readonly patienceMs: number
  /** The most that the broker may have resident, in MB. */
  readonly residentMegabytesMax: number
  readonly progress?: (report: FuzzReport) => void
}

export interface FuzzReport {
  readonly seed: number
  readonly rounds: number
  readonly restarts: number
  /** By layer. */
  readonly cases: Readonly<Record<Layer, number>>
  readonly framesSent: number
  readonly bytesSent: number
  readonly answers: number
  readonly closed: number
  readonly silent: number
  readonly residentMegabytes: number
  readonly residentMegabytesMost: number
}

/** A broker that failed, with all that repeats it; `message` is one line. */
export class FuzzFailure extends Error {
  readonly failure: FailureRecord

  constructor(failure: FailureRecord) {
    super(failure.problem)
    this.failure = failure
  }
}

export interface FailureRecord {
  readonly problem: string
  readonly seed: number
  readonly round: number
  /** Ids of the topics that the bytes name, to be replaced when they are sent to another broker. */
  readonly topicIds: Readonly<Record<string, string>>
  /** Those that were under way when it showed, or whose answer was wrong. */
  readonly suspects: readonly CaseRecord[]
  /** The newest lines of the broker's log. */
  readonly log: readonly string[]
  /** All cases of the round up to then, in the order in which they were begun. */
  readonly cases: readonly CaseRecord[]
}

export interface CaseRecord {
  readonly layer: Layer
  readonly what: string
  readonly ending: FuzzCase['ending']
  readonly isValid: boolean
  /** In hexadecimal. */
  readonly pieces: readonly string[]
}

export function recordOf(fuzzCase: FuzzCase): CaseRecord {
  return { ...fuzzCase, pieces: fuzzCase.pieces.map((piece) => piece.toString('hex')) }
}

/** @throws FuzzFailure */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  await using subject = await Subject.start()
  const run = new FuzzRun(options, subject)
  let rounds = 0
  for (; await options.goesOn(rounds); rounds += 1) {
    await run.round(rounds)
    options.progress?.(run.report())
  }
  await run.finish(rounds)
  return run.report()
}

class FuzzRun {
  readonly #options: FuzzOptions
  readonly #subject: Subject
  readonly #vocabulary = new Vocabulary(Object.keys(FUZZ_TOPICS), GROUPS)
  readonly #count = {
    rounds: 0,
    restarts: 0,
    framesSent: 0,
    bytesSent: 0,
    answers: 0,
    closed: 0,
    silent: 0,
    residentMegabytes: 0,
    residentMegabytesMost: 0,
  }
  readonly #cases = Object.fromEntries(layers.map((layer) => [layer, 0])) as Record<Layer, number>
  #topicIds = new Map<string, string>()
  #served = new Set<number>()

  constructor(options: FuzzOptions, subject: Subject) {
    this.#options = options
    this.#subject = subject
  }

  report(): FuzzReport {
    return { seed: this.#options.seed, ...this.#count, cases: { ...this.#cases } }
  }

  async round(round: number): Promise<void> {
    const begun: FuzzCase[] = []
    const underWay = new Set<FuzzCase>()
    try {
      await this.#prepare(round)
      const maker = new CaseMaker(new Random(this.#options.seed + round * 0x9e3779b1), this.#vocabulary, this.#served)
      const cases = round === 0 ? maker.tour() : []
      while (cases.length < this.#options.casesPerRound) cases.push(maker.next())
      await this.#attack(cases, begun, underWay)
      underWay.clear()
      await this.#subject.check()
      this.#checkMemory()
    } catch (error) {
      // What the broker says of it may still be on its way.
      await sleep(300)
      throw this.#failure(error as Error, round, begun, underWay)
    }
    this.#count.rounds += 1
  }

  async finish(round: number): Promise<void> {
    try {
      await this.#subject.finish()
    } catch (error) {
      throw this.#failure(error as Error, round, [], new Set())
    }
  }

  async #prepare(round: number): Promise<void> {
    await this.#subject.reconnect()
    const { roundsPerLife } = this.#options
    if (roundsPerLife > 0 && round % roundsPerLife === roundsPerLife - 1) {
      this.#count.restarts += 1
      await this.#subject.restart(this.#count.restarts % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
    }
    if (round % ROUNDS_PER_SCENE !== 0) return
    this.#served = await this.#subject.served()
    this.#topicIds = await this.#subject.prepare()
    this.#vocabulary.forbid(this.#subject.honestId)
    for (const name of this.#vocabulary.topics) this.#vocabulary.teach('topicId', this.#topicIds.get(name) ?? '')
  }

  /** Several at once; ends with the first error of any. */
  async #attack(cases: readonly FuzzCase[], begun: FuzzCase[], underWay: Set<FuzzCase>): Promise<void> {
    let next = 0
    const work = async () => {
      const attacker = new Attacker(this.#subject.host, this.#subject.port, this.#options.patienceMs)
      try {
        while (next < cases.length) {
          const fuzzCase = cases[next++]!
          begun.push(fuzzCase)
          underWay.add(fuzzCase)
          this.#note(fuzzCase, await attacker.run(fuzzCase).catch((error) => this.#excuse(error)))
          underWay.delete(fuzzCase)
        }
      } catch (error) {
        next = cases.length
        throw error
      } finally {
        attacker.close()
      }
    }
    const results = await Promise.allSettled(Array.from({ length: ATTACKERS }, work))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /**
   * A fetch whose topic is deleted between its answer and its sending ends its connection: the answer's length was told, and
   * there is nothing to fill it with. Everything else is no excuse.
   */
  async #excuse(error: Error): Promise<Outcome> {
    if (!(error instanceof ClosedConnection)) throw error
    await sleep(300)
    const isExcused = this.#subject.log.some(
      (line) => line.includes(error.address) && /-delete\/.*ends before/.test(line),
    )
    if (!isExcused) throw error
    return { answers: [], end: 'closed' }
  }

  #note({ layer, pieces }: FuzzCase, { answers, end }: Outcome): void {
    this.#cases[layer] += 1
    this.#count.framesSent += 1
    for (const piece of pieces) this.#count.bytesSent += piece.length
    this.#count.answers += answers.length
    if (end === 'closed') this.#count.closed += 1
    if (end === 'silent') this.#count.silent += 1
    for (const answer of answers) this.#vocabulary.learn(answer)
  }

  #checkMemory(): void {
    const megabytes = this.#subject.residentMegabytes
    this.#count.residentMegabytes = Math.round(megabytes)
    this.#count.residentMegabytesMost = Math.max(this.#count.residentMegabytesMost, Math.round(megabytes))
    const most = this.#options.residentMegabytesMax
    if (megabytes > most)
      throw new Misbehaviour(`the broker has ${Math.round(megabytes)} MB resident; ${most} were allowed`)
  }

  #failure(error: Error, round: number, begun: readonly FuzzCase[], underWay: ReadonlySet<FuzzCase>): FuzzFailure {
    return new FuzzFailure({
      problem: error.message,
      seed: this.#options.seed,
      round,
      topicIds: Object.fromEntries(this.#topicIds),
      suspects: [...underWay].map(recordOf),
      log: [...this.#subject.log],
      cases: begun.map(recordOf),
    })
  }
}
