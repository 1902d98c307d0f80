import { randomUUID } from 'node:crypto'
import { QueryClient } from '@tanstack/react-query'
import { inTime, serverTrpc } from '../../server/trpc.ts'
import { isNewest, type MessageQuery, scanQuestion } from './message-query.ts'
import type { MessageRow } from './outputs.ts'
import type { FirstRows } from './use-row-scan.ts'

/** More rows than this would make the page late. */
const ROWS_MAX = 200

/** The newest messages of a topic, to be sent with the page; null where something else is asked for, or they take too long. */
export async function firstMessages(
  cluster: string,
  topic: string,
  query: MessageQuery,
): Promise<FirstRows<MessageRow> | null> {
  if (!isNewest(query) || query.live || query.resume !== null || query.n > ROWS_MAX) return null
  const question = scanQuestion(cluster, topic, query)
  const { trpc } = await serverTrpc()
  // A client of its own: rows go to the list as they are, not once more among what is hydrated.
  const found = await inTime(new QueryClient().fetchQuery(trpc.messages.sample.queryOptions(question)))
  return found && { id: randomUUID(), question: JSON.stringify(question), ...found }
}
