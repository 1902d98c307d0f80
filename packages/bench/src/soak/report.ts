import { markdownTable } from '../report/table.ts'
import type { SoakResult } from './run-soak.ts'
import type { Sample } from './sample.ts'
import { median } from './slope.ts'
import type { Phase } from './verdict.ts'

/** One line about a phase that has ended. */
export function phaseLine({ phase, cycle, honest }: Phase, samples: readonly Sample[]): string {
  const last = samples.at(-1)!
  const ms = (value: number) => value.toFixed(1)
  const late = samples.filter((one) => one.phase === phase && one.cycle === cycle).map((one) => one.loopLate)
  return [
    `cycle ${cycle} ${phase.padEnd(6)}: honest p99 ${ms(honest.produceP99)} ms, delivered ${ms(honest.deliverP99)} ms, loop late ${late.at(-1)! - late[0]!} times;`,
    `${last.residentMegabytes.toFixed(0)} MB resident, heap ${last.heapMegabytes.toFixed(0)}, external ${last.externalMegabytes.toFixed(0)},`,
    `${last.connections} connections, ${last.files} files, ${last.logLines} log lines`,
  ].join(' ')
}

/** The curve: medians of each cycle's phases. */
export function curveTable({ samples, phases }: SoakResult): string {
  const head = ['cycle', 'MB quiet', 'MB attack', 'heap', 'external', 'files', 'p99 quiet', 'p99 attack', 'delivered']
  const cycles = Math.max(...samples.map(({ cycle }) => cycle)) + 1
  const rows = Array.from({ length: cycles }, (_, cycle) => {
    const of = (phase: Sample['phase'], key: 'residentMegabytes' | 'heapMegabytes' | 'externalMegabytes' | 'files') =>
      median(
        samples.filter((sample) => sample.cycle === cycle && sample.phase === phase).map((sample) => sample[key]),
      ).toFixed(0)
    const honest = (phase: Sample['phase']) => phases.find((one) => one.cycle === cycle && one.phase === phase)!.honest
    return [
      String(cycle),
      of('quiet', 'residentMegabytes'),
      of('attack', 'residentMegabytes'),
      of('attack', 'heapMegabytes'),
      of('attack', 'externalMegabytes'),
      of('quiet', 'files'),
      honest('quiet').produceP99.toFixed(1),
      honest('attack').produceP99.toFixed(1),
      honest('attack').deliverP99.toFixed(1),
    ]
  })
  return markdownTable(head, rows)
}

export function verdictText(result: SoakResult): string {
  const { verdict, counts, log, residentMegabytesMost, phases } = result
  const requests = phases.reduce((sum, { honest }) => sum + honest.requests, 0)
  const lines = [
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
    `${requests} honest requests; p99 in attacks ${verdict.produceRatio.toFixed(2)} × quiet, deliveries ${verdict.deliverRatio.toFixed(2)} ×`,
    `at most ${residentMegabytesMost.toFixed(0)} MB resident; ${log.lines} log lines, at most ${log.mostPerSecond} in a second`,
  ]
  for (const { quantity, phase, rise, riseMax } of verdict.trends) {
    lines.push(
      `${quantity}, ${phase}: ${rise >= 0 ? '+' : ''}${rise.toFixed(1)} over the last two thirds (flat: ${riseMax.toFixed(1)})`,
    )
  }
  lines.push(
    ...(verdict.problems.length === 0 ? ['it stood'] : verdict.problems.map((problem) => `FAILED: ${problem}`)),
  )
  return lines.join('\n')
}
