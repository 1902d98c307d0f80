/**
 * Whether a broker stood a soak. The rules:
 *
 * - Flat: of each cycle the median of every quantity is taken, of its quiet and of its attack phase by itself. Through those of
 *   the last two thirds of the cycles goes Theil and Sen's line; from their first to their last it rises by no more than 5 % of
 *   their median, or by what is noise for the quantity (`NOISE`), whichever is more.
 * - Others are served: the p99 of honest requests in an attack over that of the quiet phases before and after it is, in the
 *   median of all cycles, at most 2.
 * - The log: no error, no more lines about clients than there were offences, no more lines in a second than the limit.
 */
import type { HonestFigures } from './honest-figures.ts'
import type { Sample } from './sample.ts'
import { median, slope } from './slope.ts'

export interface Phase {
  readonly phase: Sample['phase']
  readonly cycle: number
  readonly seconds: number
  readonly honest: HonestFigures
}

export interface Trend {
  readonly quantity: Quantity
  readonly phase: Sample['phase']
  /** Medians of the cycles that count, oldest first. */
  readonly values: readonly number[]
  /** What the line through them rises by, from the first to the last. */
  readonly rise: number
  readonly riseMax: number
}

export interface Verdict {
  readonly trends: readonly Trend[]
  /** Attack over quiet, of each cycle. */
  readonly produceRatios: readonly number[]
  readonly deliverRatios: readonly number[]
  readonly produceRatio: number
  readonly deliverRatio: number
  /** One sentence each; none: it stood. */
  readonly problems: readonly string[]
}

/** What moves by so much for no reason: the collector's timing, a pool that is filled, a file that is about to be removed. */
const NOISE = { residentMegabytes: 16, heapMegabytes: 8, externalMegabytes: 16, files: 8 } as const
type Quantity = keyof typeof NOISE

const RISE_MAX = 0.05
const P99_RATIO_MAX = 2
/** Below this a line means nothing. */
const CYCLES_MIN = 3

export function judge(samples: readonly Sample[], phases: readonly Phase[], logProblems: readonly string[]): Verdict {
  const cycles = Math.max(...samples.map(({ cycle }) => cycle)) + 1
  const first = Math.ceil(cycles / 3)
  const trends: Trend[] = []
  for (const quantity of Object.keys(NOISE) as Quantity[]) {
    for (const phase of ['quiet', 'attack'] as const) trends.push(trendOf(samples, quantity, phase, first))
  }
  const problems = [...logProblems]
  for (const { quantity, phase, values, rise, riseMax } of trends) {
    if (values.length < CYCLES_MIN || rise <= riseMax) continue
    problems.push(`${quantity} in ${phase} phases rose by ${rise.toFixed(1)}; ${riseMax.toFixed(1)} is flat`)
  }
  const produceRatios = ratiosOf(phases, ({ produceP99 }) => produceP99)
  const deliverRatios = ratiosOf(phases, ({ deliverP99 }) => deliverP99)
  const [produceRatio, deliverRatio] = [median(produceRatios), median(deliverRatios)]
  for (const [what, ratio] of [
    ['requests', produceRatio],
    ['deliveries', deliverRatio],
  ] as const) {
    if (!(ratio <= P99_RATIO_MAX))
      problems.push(`the p99 of honest ${what} was ${ratio.toFixed(2)} × that of quiet phases`)
  }
  return { trends, produceRatios, deliverRatios, produceRatio, deliverRatio, problems }
}

function trendOf(samples: readonly Sample[], quantity: Quantity, phase: Sample['phase'], first: number): Trend {
  const byCycle = new Map<number, number[]>()
  for (const sample of samples) {
    if (sample.phase !== phase || sample.cycle < first) continue
    byCycle.set(sample.cycle, [...(byCycle.get(sample.cycle) ?? []), sample[quantity]])
  }
  const values = [...byCycle.values()].map(median)
  const rise = slope(values) * Math.max(values.length - 1, 0)
  return { quantity, phase, values, rise, riseMax: Math.max(RISE_MAX * median(values), NOISE[quantity]) }
}

/** Of each attack, over the mean of its quiet neighbours. */
function ratiosOf(phases: readonly Phase[], figure: (honest: HonestFigures) => number): number[] {
  const ratios: number[] = []
  for (const [at, { phase, honest }] of phases.entries()) {
    if (phase !== 'attack') continue
    const quiet = [phases[at - 1], phases[at + 1]].flatMap((one) =>
      one?.phase === 'quiet' ? [figure(one.honest)] : [],
    )
    if (quiet.length > 0) ratios.push(figure(honest) / (quiet.reduce((sum, one) => sum + one, 0) / quiet.length))
  }
  return ratios
}
