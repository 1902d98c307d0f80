/** `GET /api/job-results?input=<JSON>`: what became of each letter of a job, as CSV. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { csvCell, resendResults } from '@odradek/client'
import { z } from 'zod'
import { assertPermitted } from '../access/assert-permitted.ts'
import type { Context } from '../context.ts'
import { answerFile } from './answer-file.ts'
import { fileInput } from './file-input.ts'

const ROWS_AT_ONCE = 5000
const COLUMNS = ['index', 'partition', 'offset', 'outcome', 'reason', 'target', 'targetPartition', 'targetOffset']

const input = z.object({
  cluster: z.string().min(1).max(100),
  job: z.string().min(1).max(200),
  outcomes: z
    .array(z.enum(['sent', 'failed', 'skipped', 'waiting']))
    .max(4)
    .optional(),
})

/** Answers the request if it is for the results of a job, and says whether it was. */
export function handleJobResults(
  context: () => Promise<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  return answerFile('/api/job-results', request, response, async (input) => ({
    fileName: 'results.csv',
    contentType: 'text/csv; charset=utf-8',
    chunks: jobResults(await context(), input ?? ''),
  }))
}

/** The lines of the file, the column names first; until its end only for whom the cluster is to be seen. Throws TRPCErrors. */
export async function* jobResults(context: Context, text: string): AsyncGenerator<string> {
  const tried = 'read the results of a job'
  const { cluster, job, outcomes } = fileInput(input, text, tried)
  assertPermitted(context, 'view', cluster, tried)
  const session = context.console.session(cluster)
  await context.console.deadLetters(cluster).job(job)
  yield `${COLUMNS.join(',')}\r\n`
  for (let from: number | null = 0; from !== null; ) {
    const page = await resendResults(session.cluster, job, {
      from,
      limit: ROWS_AT_ONCE,
      ...(outcomes !== undefined && { outcomes }),
    })
    // It may take long: whoever signed out or lost the permission meanwhile gets no more.
    assertPermitted(context, 'view', cluster, tried)
    yield page.results
      .map(({ index, partition, offset, outcome, reason, target }) => {
        const where = [target?.topic ?? '', target?.partition ?? '', target?.offset ?? '']
        return `${[index, partition, offset, outcome, reason ?? '', ...where].map(csvCell).join(',')}\r\n`
      })
      .join('')
    from = page.next
  }
}
