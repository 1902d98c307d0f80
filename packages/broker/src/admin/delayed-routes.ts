/**
 * What waits in topics of timed messages and retries:
 *
 *   GET  /v1/delayed?topic=T             topics with an intake, or one topic's records that wait, the next due first;
 *                                     narrowed by partition, key, from and to (epoch ms), limit [100]
 *   GET  /v1/delayed/timeline?topic=T    how many are due when: from, to (epoch ms), buckets [60], narrowed by partition
 *   GET  /v1/delayed/record?topic=T      one in full, by partition and offset
 *   POST /v1/delayed/recall              { topic, records: [{ partition, offset }] } or { topic, partition, key, from, to, limit }
 *   POST /v1/delayed/deliver             the same: they are due now
 *   POST /v1/delayed/bury                the same, for retries: they become dead letters of their group now
 */
import type { Timers } from '../host/clock.ts'
import type { Intakes } from '../intake/intakes.ts'
import type { PartitionIntake } from '../intake/partition-intake.ts'
import { listWaiting, orderWaiting, type WaitingQuery, wholeRecord } from '../intake/waiting-records.ts'
import { waitingTimeline } from '../intake/waiting-timeline.ts'
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
const BUCKETS_DEFAULT = 60
const BUCKETS_MAX = 1_000

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
      method: 'GET',
      path: '/v1/delayed/timeline',
      summary: 'How many of the records of a topic that wait are due when.',
      answer: ({ query }) => timeline(broker, Object.fromEntries(query)),
    },
    {
      method: 'GET',
      path: '/v1/delayed/record',
      summary: 'A record that waits, in full.',
      answer: ({ query }) => record(broker, Object.fromEntries(query)),
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
    {
      method: 'POST',
      path: '/v1/delayed/bury',
      summary: 'Makes dead letters now of retries that wait.',
      answer: ({ body }) => order(broker, body, 'bury'),
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

async function timeline(broker: DelayingBroker, values: Values): Promise<AdminAnswer> {
  const found = intakesOf(broker, values.topic)
  if (!Array.isArray(found)) return found
  const numbers = parseNumbers(values, ['partition', 'from', 'to', 'buckets'])
  if (typeof numbers === 'string') return badRequest(numbers)
  const { partition, from, to, buckets = BUCKETS_DEFAULT } = numbers
  if (from === undefined || to === undefined || to <= from) return badRequest('from and to must be a window of time.')
  if (buckets < 1 || buckets > BUCKETS_MAX) return badRequest(`buckets must be a number from 1 to ${BUCKETS_MAX}.`)
  const window = { from, to, buckets, ...(partition === undefined ? {} : { partition }) }
  return { body: { topic: values.topic, ...(await waitingTimeline(found, window, broker.host.timers)) } }
}

function record(broker: DelayingBroker, values: Values): AdminAnswer {
  const found = intakesOf(broker, values.topic)
  if (!Array.isArray(found)) return found
  const numbers = parseNumbers(values, ['partition', 'offset'])
  if (typeof numbers === 'string') return badRequest(numbers)
  const { partition, offset } = numbers
  if (partition === undefined || offset === undefined) return badRequest('Name the partition and the offset.')
  const intake = found.find(({ index }) => index === partition)
  const whole = intake === undefined ? null : wholeRecord(intake, offset)
  if (whole === null)
    return { status: 404, body: { error: `No record waits at ${values.topic}-${partition}@${offset}.` } }
  return { body: { topic: values.topic, ...whole } }
}

async function order(
  broker: DelayingBroker,
  body: unknown,
  what: 'recall' | 'deliverNow' | 'bury',
): Promise<AdminAnswer> {
  if (typeof body !== 'object' || body === null)
    return badRequest('Send an object with a topic, and records or a query.')
  const values = body as Values
  const found = intakesOf(broker, values.topic)
  if (!Array.isArray(found)) return found
  if (what === 'bury' && !found.every(({ hasDeadLetters }) => hasDeadLetters)) {
    return badRequest(`"${values.topic}" is no retry topic: what waits in it has no dead letters.`)
  }
  let records = values.records as { partition: number; offset: number }[] | undefined
  if (records === undefined) {
    const query = parseQuery(values)
    if (typeof query === 'string') return badRequest(query)
    const listed = await listWaiting(found, query, broker.host.timers)
    records = [...listed.records]
  } else if (!isRecords(records)) return badRequest('records must be an array of at most 10000 { partition, offset }.')
  return { body: { topic: values.topic, ...(await orderWaiting(found, what, records)) } }
}

/** Of every topic with an intake: whose it is, how much waits, the next due time, and why what is due is not taken. */
function summaries(broker: DelayingBroker) {
  const { topics } = broker.metadata.image
  return [...broker.intakes].map(({ topic, index, waitingCount, isLoaded, refusals, partition, machine }) => ({
    topic,
    type: topics.get(topic)?.configs['message.type'] ?? 'NORMAL',
    group: topics.get(topic)?.configs['retry.group'] ?? null,
    partition: index,
    waiting: waitingCount,
    nextDue: firstDue(machine),
    isLoaded,
    bytes: partition.log.sizeInBytes,
    refusals: refusals.filter((refusal) => refusal !== null),
  }))
}

/** When the first of a partition's records is due; null where none waits. */
function firstDue(machine: PartitionIntake['machine']): number | null {
  const due = machine.firstDue()
  return Number.isFinite(due) ? due : null
}

function intakesOf(broker: DelayingBroker, topic: unknown): PartitionIntake[] | AdminAnswer {
  const image = typeof topic === 'string' ? broker.metadata.image.topics.get(topic) : undefined
  if (image === undefined) return { status: 404, body: { error: `There is no topic "${topic}".` } }
  const intakes = broker.intakes.ofTopic(image.topicId)
  if (intakes.length === 0)
    return { status: 404, body: { error: `Records of "${topic}" do not wait: it has no intake here.` } }
  return intakes
}

function parseNumbers<N extends string>(values: Values, names: readonly N[]): { [P in N]?: number } | string {
  const numbers: { [P in N]?: number } = {}
  for (const name of names) {
    if (values[name] === undefined) continue
    const number = Number(values[name])
    if (!Number.isSafeInteger(number) || number < 0) return `${name} must be a whole number, not "${values[name]}".`
    numbers[name] = number
  }
  return numbers
}

function parseQuery(values: Values): WaitingQuery | string {
  const numbers = parseNumbers(values, ['partition', 'from', 'to', 'limit'])
  if (typeof numbers === 'string') return numbers
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
