import { type Repair, type RepairPlan, repairLog, type SegmentRepair } from '@odradek/broker/log-tools'
import { type Command, CommandError } from '../command.ts'
import { logFolders, logName } from '../log-folders.ts'

export const logRepair: Command = {
  name: 'log repair',
  summary:
    "Say how to make a damaged partition's directory (or every one in a data directory) readable again, and do it with --apply. The broker must be stopped.",
  positionals: ['DIR'],
  flags: {
    apply: { type: 'boolean', doc: 'Do it. Damaged segments are copied aside first.' },
    json: { type: 'boolean', doc: 'One JSON object a partition.' },
  },
  examples: ['odradek log repair data', 'odradek log repair data/greetings-0 --apply'],
  async run(args) {
    let isLeft = false
    for (const folder of logFolders(args.positionals[0]!)) {
      const repair = repaired(folder, args.flag('apply'))
      isLeft ||= repair.isNeeded && !repair.isDone
      const line = args.flag('json') ? JSON.stringify(view(folder, repair)) : text(folder, repair)
      process.stdout.write(`${line}\n`)
    }
    if (isLeft && !args.flag('json')) process.stdout.write('Nothing was changed. Add --apply to do it.\n')
    return isLeft ? 1 : 0
  },
}

function repaired(folder: string, apply: boolean): Repair {
  try {
    return repairLog(folder, { apply })
  } catch (error) {
    throw new CommandError((error as Error).message)
  }
}

function view(folder: string, { plan, isNeeded, isDone, aside }: Repair): object {
  return { directory: folder, isNeeded, isDone, aside, lost: plan.lost, steps: steps(plan) }
}

function text(folder: string, { plan, isNeeded, isDone, aside }: Repair): string {
  if (!isNeeded) return `${logName(folder)}: nothing to repair`
  const lines = [`${logName(folder)}: ${isDone ? 'repaired' : 'would be repaired'}`, ...steps(plan)]
  const lost = plan.lost.reduce((sum, { from, to }) => sum + to - from, 0)
  const ranges = plan.lost.map(({ from, to }) => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`))
  lines.push(
    lost === 0
      ? 'no record of a readable log is lost'
      : `${lost} offsets have no record any more: ${ranges.join(', ')}`,
  )
  if (aside !== null) lines.push(`the damaged files are in ${aside}`)
  return lines.join('\n  ')
}

/** What is to be done, a line each. */
function steps(plan: RepairPlan): string[] {
  const lines = plan.leftovers.map((path) => `settle ${fileName(path)}, left over from a crash`)
  for (const segment of plan.segments) lines.push(...segmentSteps(segment))
  for (const path of plan.snapshots) lines.push(`remove ${fileName(path)}, a damaged snapshot of producers`)
  for (const path of plan.orphans) lines.push(`remove ${fileName(path)}, an index without its segment`)
  if (plan.hasBadEpochs) lines.push('make leader-epoch-checkpoint again')
  if (plan.isNoted) lines.push('take away the note of damage')
  return lines
}

function segmentSteps({ files, batches, deed, endOffset }: SegmentRepair): string[] {
  const name = fileName(files.log)
  const problems = batches.bad.map(
    ({ position, end, problem }) => `${name}: bytes ${position} to ${end - 1} cannot be read: ${problem}`,
  )
  switch (deed) {
    case 'nothing':
      return problems
    case 'cut':
      return [...problems, `cut ${name} at byte ${batches.good.at(-1)?.end ?? 0}, after its last good batch`]
    case 'rewrite':
      return [...problems, `set ${name} aside and write it anew with what can be read, up to offset ${endOffset}`]
    case 'fill':
      return [
        ...problems,
        `append an empty batch to ${name} in the place of missing records, up to offset ${endOffset}`,
      ]
    case 'set aside':
      return [...problems, `set ${name} aside: its offsets are those of the segment before it`]
    case 'indexes':
      return [...problems, `make the indexes of ${name} again`]
    default:
      return deed satisfies never
  }
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
