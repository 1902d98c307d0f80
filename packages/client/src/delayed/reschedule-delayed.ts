/**
 * Another time for a record that waits. There is no such order: a copy with the new time is written to the same partition,
 * then the record is recalled. In that order nothing is lost whenever this ends; two things can then be left of it, which
 * the copy's header tells apart. Where the record was delivered before it could be recalled, the copy is recalled; where nobody says
 * what became of the record, it is not: it may be all that is left.
 */
import { type AdminListeners, silentText } from '../admin/admin-listeners.ts'
import type { Cluster } from '../cluster.ts'
import { RefusedError } from '../cluster-errors.ts'
import { type PayloadInput, produceMessage } from '../messages/produce-message.ts'
import { delayedRecord, type WaitingPlace } from './delayed-record.ts'
import { recallDelayed } from './delayed-records.ts'

/** Headers by which a client says when a record is due; the copy has only the last. */
const TIMER_HEADERS: ReadonlySet<string> = new Set(['DELAY', 'TIMER_DELAY_SEC', 'TIMER_DELAY_MS', 'TIMER_DELIVER_MS'])
const DELIVER_AT = 'TIMER_DELIVER_MS'

/** On the copy: `partition@offset` of the record that it stands for. */
export const RESCHEDULED_FROM = 'RESCHEDULED_FROM'

export interface Rescheduled {
  /** moved: it waits for the new time; delivered: it was too late, nothing has changed; doubled: both may be delivered. */
  readonly outcome: 'moved' | 'delivered' | 'doubled'
  /** When it was due before, epoch milliseconds. */
  readonly dueBefore: number
  readonly due: number
  /** The intake offset that it is found by now; that of the copy where both are left. */
  readonly offset: number
}

/** Throws RefusedError where no record waits at the place, and what producing throws (a time beyond `delay.max.ms`). */
export async function rescheduleDelayed(
  cluster: Cluster,
  listeners: AdminListeners,
  place: WaitingPlace,
  due: number,
): Promise<Rescheduled> {
  const { topic, partition, offset } = place
  const tried = `change the time of ${topic}-${partition}@${offset}`
  const record = await delayedRecord(listeners, place)
  if (record === null) throw new RefusedError('No record waits there any more.', tried, 'Look at the list again.')
  if (record.headers.some(({ key }) => key === 'RETRY_DUE_MS')) {
    throw new RefusedError('It is a retry: its group has a schedule.', tried, 'Deliver it now instead.')
  }
  const kept = record.headers.filter(({ key }) => !TIMER_HEADERS.has(key) && key !== RESCHEDULED_FROM)
  const copy = await produceMessage(cluster, {
    topic,
    partition,
    key: asInput(record.key),
    value: asInput(record.value),
    headers: [
      ...kept.map(({ key, value }) => ({ key, value: asInput(value) })),
      { key: DELIVER_AT, value: { format: 'text', text: String(due) } },
      { key: RESCHEDULED_FROM, value: { format: 'text', text: `${partition}@${offset}` } },
    ],
    ...(record.bornTimestamp >= 0 && { timestamp: record.bornTimestamp }),
  })
  const result = { dueBefore: record.due, due }
  const recall = (one: number) => recallDelayed(listeners, { topic, records: [{ partition, offset: one }] })
  try {
    const first = await recall(offset)
    if (first.done === 1) return { outcome: 'moved', ...result, offset: copy.offset }
    // Its leader did not answer, or refused: the recall may have been made, and the copy be all that there is.
    if (first.skipped !== 1) throw new Error(silentText(first.silent) || 'its broker refused')
    const back = await recall(copy.offset)
    return { outcome: back.done === 1 ? 'delivered' : 'doubled', ...result, offset: copy.offset }
  } catch (error) {
    const text = `Its copy with the new time waits at ${topic}-${partition}@${copy.offset}; whether it was recalled itself is not known`
    throw new RefusedError(
      `${text}: ${(error as Error).message}`,
      tried,
      'Look at the list, and recall one of the two.',
    )
  }
}

function asInput(bytes: Buffer | null): PayloadInput {
  return bytes === null ? { format: 'null', text: '' } : { format: 'base64', text: bytes.toString('base64') }
}
