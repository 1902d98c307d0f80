import { randomUUID } from 'node:crypto'
import { inTime } from '../../server/in-time.ts'
import { serverCaller } from '../../server/trpc.ts'
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
  // Ended when it is late: readers of a leader that is slow would pile up, one with every page.
  const found = await inTime(async (signal) => (await serverCaller(signal)).messages.sample(question))
  // As it would come over HTTP: nothing in it is read-only there.
  const first = found as Pick<FirstRows<MessageRow>, 'rows' | 'progress'> | null
  return first && { id: randomUUID(), question: JSON.stringify(question), ...first }
}
