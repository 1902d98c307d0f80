/**
 * What waits in topics of timed messages and retries:
 *
 *   GET  /v1/delayed?topic=T             topics with an intake, or one topic's records that wait, the next due first;
 *                                     narrowed by partition, key, from and to (epoch ms), limit [100]
 *   POST /v1/delayed/recall              { topic, records: [{ partition, offset }] } or { topic, partition, key, from, to, limit }
 *   POST /v1/delayed/deliver             the same: they are due now
 */
import type { Timers } from '../host/clock.ts'
import type { Intakes } from '../intake/intakes.ts'
import type { PartitionIntake } from '../intake/partition-intake.ts'
import { listWaiting, orderWaiting, type WaitingQuery } from '../intake/waiting-records.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { type AdminAnswer, type AdminRoute, badRequest } from './admin-route.ts'

/** A `BrokerCore`, as far as these routes need it. */
export interface DelayingBroker {
  readonly intakes: Intakes
  readonly metadata: { readonly image: MetadataImage }
  readonly host: { readonly timers: Timers }
}

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 10_000

type Values = Readonly<Record<string, unknown>>

export function delayedRoutes(broker: DelayingBroker): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/delayed',
      summary: 'What waits: of every topic how much, of one topic the records.',
      answer: ({ query }) => list(broker, Object.fromEntries(query)),
    },
    {
      method: 'POST',
      path: '/v1/delayed/recall',
      summary: 'Takes records back that wait: they will not be delivered.',
      answer: ({ body }) => order(broker, body, 'recall'),
    },
    {
      method: 'POST',
      path: '/v1/delayed/deliver',
      summary: 'Delivers records now that wait.',
      answer: ({ body }) => order(broker, body, 'deliverNow'),
    },
  ]
}

async function list(broker: DelayingBroker, values: Values): Promise<AdminAnswer> {
  if (values.topic === undefined) return { body: { topics: summaries(broker) } }
  const found = intakesOf(broker, values.topic)
  if (!Array.isArray(found)) return found
  const query = parseQuery(values)
  if (typeof query === 'string') return badRequest(query)
  return { body: { topic: values.topic, ...(await listWaiting(found, query, broker.host.timers)) } }
}

async function order(broker: DelayingBroker, body: unknown, what: 'recall' | 'deliverNow'): Promise<AdminAnswer> {
  if (typeof body !== 'object' || body === null)
    return badRequest('Send an object with a topic, and records or a query.')
  const values = body as Values
  const found = intakesOf(broker, values.topic)
  if (!Array.isArray(found)) return found
  let records = values.records as { partition: number; offset: number }[] | undefined
  if (records === undefined) {
    const query = parseQuery(values)
    if (typeof query === 'string') return badRequest(query)
    const listed = await listWaiting(found, query, broker.host.timers)
    records = [...listed.records]
  } else if (!isRecords(records)) return badRequest('records must be an array of at most 10000 { partition, offset }.')
  return { body: { topic: values.topic, ...(await orderWaiting(found, what, records)) } }
}

/** Of every topic with an intake: how much waits, the next due time, and why what is due is not taken. */
function summaries(broker: DelayingBroker) {
  return [...broker.intakes].map(({ topic, index, waitingCount, isLoaded, refusals, partition, nextDue }) => ({
    topic,
    partition: index,
    waiting: waitingCount,
    nextDue: Number.isFinite(nextDue) ? nextDue : null,
    isLoaded,
    bytes: partition.log.sizeInBytes,
    refusals: refusals.filter((refusal) => refusal !== null),
  }))
}

function intakesOf(broker: DelayingBroker, topic: unknown): PartitionIntake[] | AdminAnswer {
  const image = typeof topic === 'string' ? broker.metadata.image.topics.get(topic) : undefined
  if (image === undefined) return { status: 404, body: { error: `There is no topic "${topic}".` } }
  const intakes = broker.intakes.ofTopic(image.topicId)
  if (intakes.length === 0)
    return { status: 404, body: { error: `Records of "${topic}" do not wait: it has no intake here.` } }
  return intakes
}

function parseQuery(values: Values): WaitingQuery | string {
  const numbers: Record<string, number> = {}
  for (const name of ['partition', 'from', 'to', 'limit']) {
    if (values[name] === undefined) continue
    const number = Number(values[name])
    if (!Number.isSafeInteger(number) || number < 0) return `${name} must be a whole number, not "${values[name]}".`
    numbers[name] = number
  }
  if (values.key !== undefined && typeof values.key !== 'string') return 'key must be a text.'
  const limit = Math.min(numbers.limit ?? LIMIT_DEFAULT, LIMIT_MAX)
  return { ...numbers, ...(values.key === undefined ? {} : { key: values.key }), limit }
}

function isRecords(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= LIMIT_MAX &&
    value.every((each) => Number.isSafeInteger(each?.partition) && Number.isSafeInteger(each?.offset))
  )
}
