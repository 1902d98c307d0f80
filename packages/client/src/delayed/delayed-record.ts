/** One record that waits, in full. */
import { type AdminListeners, askListeners, silentText } from '../admin/admin-listeners.ts'
import { RefusedError, UnreachableError } from '../cluster-errors.ts'

export interface WaitingPlace {
  readonly topic: string
  readonly partition: number
  /** The intake offset: what the producer was answered. */
  readonly offset: number
}

export interface WholeDelayedRecord extends WaitingPlace {
  /** Epoch milliseconds. */
  readonly due: number
  readonly isDeadLetter: boolean
  /** The time that its client gave it; -1 without one. */
  readonly bornTimestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

interface Told extends Omit<WholeDelayedRecord, 'key' | 'value' | 'headers'> {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

/** null where no record waits there: delivered, recalled, being delivered now, or never accepted. */
export async function delayedRecord(
  listeners: AdminListeners,
  { topic, partition, offset }: WaitingPlace,
): Promise<WholeDelayedRecord | null> {
  const search = new URLSearchParams({ topic, partition: String(partition), offset: String(offset) })
  const tried = `look at ${topic}-${partition}@${offset}`
  const { answers, silent } = await askListeners<Told>(listeners, `/v1/delayed/record?${search}`)
  const found = answers.find(({ status }) => status === 200)?.body
  if (found !== undefined) {
    const headers = found.headers.map(({ key, value }) => ({ key, value: bytesOf(value) }))
    return { ...found, key: bytesOf(found.key), value: bytesOf(found.value), headers }
  }
  const refused = answers.find(({ status }) => status !== 404)
  // It may be one of theirs.
  if (refused === undefined && silent.length > 0) throw new UnreachableError(tried, silentText(silent))
  if (refused === undefined) return null
  throw new RefusedError(refused.body.error ?? `The broker answers ${refused.status}.`, tried, 'Check the place.')
}

function bytesOf(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64')
}
