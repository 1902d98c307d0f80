/** `GET /api/job-results?input=<JSON>`: what became of each letter of a job, as CSV. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { csvCell, resendResults } from '@odradek/client'
import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { z } from 'zod'
import { isPermitted } from '../access/visitor.ts'
import type { Context } from '../context.ts'
import { asTrpcError, refuse } from '../failure.ts'

const PATH = '/api/job-results'
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
export async function handleJobResults(
  context: () => Promise<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [path, query = ''] = (request.url ?? '').split('?', 2)
  if (path !== PATH) return false
  response.setHeader('Cache-Control', 'no-store')
  try {
    if (request.method !== 'GET') throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED', message: 'Use GET.' })
    const lines = jobResults(await context(), new URLSearchParams(query).get('input') ?? '')
    for await (const chunk of lines) {
      if (!response.headersSent) {
        response.setHeader('Content-Type', 'text/csv; charset=utf-8')
        response.setHeader('Content-Disposition', 'attachment; filename="results.csv"')
      }
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
      if (response.destroyed) return true
    }
    response.end()
  } catch (error) {
    // A file that is cut off must not look whole.
    if (response.headersSent) response.destroy()
    else {
      const failure = asTrpcError(error)
      response.statusCode = getHTTPStatusCodeFromError(failure)
      response.setHeader('Content-Type', 'text/plain; charset=utf-8')
      response.end(`${failure.message}\n`)
    }
  }
  return true
}

/** The lines of the file, the column names first. Throws TRPCErrors. */
export async function* jobResults(context: Context, text: string): AsyncGenerator<string> {
  const tried = 'read the results of a job'
  const parsed = input.safeParse(parseJson(text))
  if (!parsed.success) {
    throw refuse('BAD_REQUEST', 'The request is not understood.', { tried, remedy: 'Use the page of the job.' })
  }
  const { cluster, job, outcomes } = parsed.data
  if (!isPermitted(context.visitor, 'view', cluster)) {
    const isAnonymous = context.visitor.kind === 'anonymous'
    throw refuse(isAnonymous ? 'UNAUTHORIZED' : 'FORBIDDEN', 'You may not see this cluster.', {
      tried,
      remedy: isAnonymous ? 'Sign in.' : 'Ask an administrator of the console.',
    })
  }
  const session = context.console.session(cluster)
  await context.console.deadLetters(cluster).job(job)
  yield `${COLUMNS.join(',')}\r\n`
  for (let from: number | null = 0; from !== null; ) {
    const page = await resendResults(session.cluster, job, {
      from,
      limit: ROWS_AT_ONCE,
      ...(outcomes !== undefined && { outcomes }),
    })
    yield page.results
      .map(({ index, partition, offset, outcome, reason, target }) => {
        const where = [target?.topic ?? '', target?.partition ?? '', target?.offset ?? '']
        return `${[index, partition, offset, outcome, reason ?? '', ...where].map(csvCell).join(',')}\r\n`
      })
      .join('')
    from = page.next
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
