/** `GET /api/topics.csv?input=<JSON>` and `/api/groups.csv`: a list as it is filtered and sorted, all of its pages. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { csvCell } from '@odradek/client'
import { z } from 'zod'
import { assertPermitted } from '../access/assert-permitted.ts'
import type { ClusterSession } from '../cluster-session.ts'
import type { Context } from '../context.ts'
import { refuse } from '../failure.ts'
import { groupQuery, listGroupRows } from '../group-listing.ts'
import { listTopics, topicQuery } from '../topic-listing.ts'
import { answerFile } from './answer-file.ts'
import { fileInput } from './file-input.ts'

const cluster = z.string().min(1).max(100)
const topicsInput = topicQuery.omit({ page: true, pageSize: true }).extend({ cluster })
const groupsInput = groupQuery.omit({ page: true, pageSize: true }).extend({ cluster })

const TRIED = 'save a list'

/** One page that holds everything. */
const WHOLE = { page: 0, pageSize: Number.POSITIVE_INFINITY }

type Cell = string | number | boolean | null

/** Answers the request if it is for one of the lists, and says whether it was. */
export async function handleLists(
  context: () => Promise<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const contentType = 'text/csv; charset=utf-8'
  const file = (fileName: string, list: typeof topicsCsv | typeof groupsCsv) =>
    answerFile(`/api/${fileName}`, request, response, async (input) => {
      return { fileName, contentType, chunks: list(await context(), input ?? '') }
    })
  return (await file('topics.csv', topicsCsv)) || (await file('groups.csv', groupsCsv))
}

/** The lines of `topics.csv`, the column names first. A number that is not known is an empty cell. Throws TRPCErrors. */
export async function* topicsCsv(context: Context, text: string): AsyncGenerator<string> {
  const { session, query } = asked(context, topicsInput, text)
  // On the page these columns may come later; of a file nothing does.
  await Promise.all([session.sizes.get().catch(() => null), session.sampler.sample().catch(() => null)])
  const { rows } = await listTopics(session, { ...query, ...WHOLE })
  assertPermitted(context, 'view', query.cluster, TRIED)
  yield line([
    'topic',
    'internal',
    'partitions',
    'replicationFactor',
    'leaderless',
    'underReplicated',
    'offline',
    'records',
    'recordsInPerSecond',
    'sizeBytes',
  ])
  yield rows
    .map((row) => {
      const health = [row.partitions, row.replicationFactor, row.leaderless, row.underReplicated, row.offline]
      return line([row.name, row.isInternal, ...health, row.records, row.recordsInPerSecond, row.sizeBytes])
    })
    .join('')
}

/** The lines of `groups.csv`, the column names first. Throws TRPCErrors. */
export async function* groupsCsv(context: Context, text: string): AsyncGenerator<string> {
  const { session, query } = asked(context, groupsInput, text)
  await session.sampler.sample().catch(() => null)
  const { rows, missing } = await listGroupRows(session, { ...query, ...WHOLE })
  if (missing.length > 0) {
    // A file has no place to say so, and would look whole.
    const brokers = missing.map(({ nodeId, reason }) => `broker ${nodeId} (${reason})`).join(', ')
    const parts = { tried: TRIED, remedy: 'Try again when they answer.' }
    throw refuse('SERVICE_UNAVAILABLE', `The groups of these are not known now: ${brokers}`, parts)
  }
  assertPermitted(context, 'view', query.cluster, TRIED)
  yield line(['group', 'state', 'type', 'coordinator', 'members', 'clients', 'topics', 'lag', 'lagTrendPerSecond'])
  yield rows
    .map(({ id, state, type, coordinator, members, clients, topics, lag, lagTrend }) => {
      const programs = clients?.map(({ clientId, host }) => `${clientId}@${host}`).join(' ') ?? null
      return line([id, state, type, coordinator, members, programs, topics.join(' '), lag, lagTrend])
    })
    .join('')
}

function line(cells: readonly Cell[]): string {
  const texts = cells.map((cell) => (cell === null ? '' : csvCell(typeof cell === 'number' ? cell : String(cell))))
  return `${texts.join(',')}\r\n`
}

/** What a request asks for, once it is known that it may. */
function asked<Query extends { readonly cluster: string }>(
  context: Context,
  schema: z.ZodType<Query>,
  text: string,
): { session: ClusterSession; query: Query } {
  const query = fileInput(schema, text, TRIED)
  assertPermitted(context, 'view', query.cluster, TRIED)
  return { session: context.console.session(query.cluster), query }
}
