/** Asks for the overview of all dead letters twice, in a process of its own: `node overview-times.ts HOST:PORT GROUPS`. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Cluster, findDeadLetterTopics, summarizeDeadLetters, topErrors } from '@odradek/client'
import { LoadError } from '../load/load.ts'

export interface OverviewTimes {
  /** Until it was known how many letters each group has, and since when. */
  readonly countsMs: number
  /** Until the most frequent error of each was known, too. */
  readonly errorsMs: number
}

/** The first look and the one after it. */
export async function overviewTimes(bootstrap: string, groups: number): Promise<OverviewTimes[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, bootstrap, String(groups)])
  return JSON.parse(stdout) as OverviewTimes[]
}

async function look(cluster: Cluster, groups: number): Promise<OverviewTimes> {
  const began = performance.now()
  const topics = await findDeadLetterTopics(cluster)
  const summaries = await summarizeDeadLetters(cluster, topics)
  const countsMs = performance.now() - began
  const errors = await topErrors(cluster, summaries)
  const errorsMs = performance.now() - began
  const filled = summaries.filter(({ depth }) => depth > 0).length
  if (filled !== groups || errors.size !== groups) {
    throw new LoadError(`Of ${groups} groups ${filled} were found, and the errors of ${errors.size}.`)
  }
  return { countsMs, errorsMs }
}

if (import.meta.main) {
  const [bootstrap, groups] = process.argv.slice(2)
  await using cluster = new Cluster({ bootstrap: [bootstrap!] })
  const times = [await look(cluster, Number(groups)), await look(cluster, Number(groups))]
  process.stdout.write(JSON.stringify(times))
}
