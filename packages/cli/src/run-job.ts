import {
  type Cluster,
  RefusedError,
  type ResendJob,
  type ResendResult,
  resendJob,
  resendResults,
  runResendJob,
} from '@odradek/client'
import { plainLine } from './terminal-text.ts'
import { counted } from './text-table.ts'

const LOOK_MS = 500
const REASONS_MAX = 5
/** Letters whose reasons are counted. */
const REASONS_OF_MAX = 10_000

/**
 * Runs a job to where it ends or stops, telling how far it is on stderr; follows it where another process runs it. Ctrl-C
 * leaves it in good order: it goes on when somebody runs it again.
 */
export async function runJob(cluster: Cluster, id: string, isQuiet: boolean): Promise<ResendJob> {
  const stop = new AbortController()
  const abort = () => stop.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  let told = 0
  const tell = (job: ResendJob, waitingFor: string | null) => {
    const now = performance.now()
    if (isQuiet || now - told < 1000) return
    told = now
    process.stderr.write(
      `${plainLine(`${progressText(job)}${waitingFor === null ? '' : `; waiting: ${waitingFor}`}`)}\n`,
    )
  }
  try {
    return await runResendJob(cluster, id, { signal: stop.signal, onProgress: tell })
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    for (;;) {
      const job = await resendJob(cluster, id)
      if (stop.signal.aborted || job.runner?.isAlive !== true) return job
      tell(job, null)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  } finally {
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
  }
}

/** How far a job is, on one line. */
export function progressText({ id, state, matched, sent, failed, skipped, waiting, cameBack }: ResendJob): string {
  const rest = waiting === 0 ? '' : `, ${waiting} waiting`
  const back = cameBack === 0 ? '' : `, ${cameBack} came back`
  return `job ${id} ${state}: ${matched} matched: ${sent} sent, ${failed} failed, ${skipped} skipped${rest}${back}`
}

/** Says on stderr why letters of a job failed or were skipped: the most frequent reasons among the first ten thousand. */
export async function tellReasons(cluster: Cluster, { id, failed, skipped, waiting }: ResendJob): Promise<void> {
  if (failed + skipped === 0 || waiting > 0) return
  const page = await resendResults(cluster, id, { outcomes: ['failed', 'skipped'], limit: REASONS_OF_MAX })
  for (const line of reasonLines(id, page, failed + skipped)) process.stderr.write(`${line}\n`)
}

/** The reasons of the first results of a job, the most frequent first. `total`: how many there are; `next` null: these are all. */
export function reasonLines(
  id: string,
  { results, next }: { results: readonly Pick<ResendResult, 'outcome' | 'reason'>[]; next: number | null },
  total: number,
): string[] {
  const counts = new Map<string, number>()
  for (const { outcome, reason } of results) {
    const text = `${outcome}: ${reason ?? 'it is not told why'}`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  const most = [...counts].sort(([, one], [, other]) => other - one)
  const isWhole = next === null && most.length <= REASONS_MAX
  return [
    ...(next === null ? [] : [`Of the first ${results.length} of ${total}:`]),
    ...most.slice(0, REASONS_MAX).map(([text, count]) => `${counted(count, 'letter')} ${plainLine(text)}`),
    ...(isWhole ? [] : [`All of it: odradek dead-letters job show ${id} --results`]),
  ]
}

/** 0 where all was sent, or skipped with a reason. */
export function exitCodeOf({ state, failed }: ResendJob): number {
  return failed === 0 && (state === 'done' || state === 'cancelled') ? 0 : 1
}
