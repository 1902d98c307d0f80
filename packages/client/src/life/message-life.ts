/**
 * The life of a message: from any record of it to where it began, and from there through the retries and dead letters of
 * every group that reads its topic. The work is bounded: groups looked at, records and bytes read, and time; what was left
 * out is among the things that are not known.
 */
import { type AdminListeners, silentText } from '../admin/admin-listeners.ts'
import { mapBounded } from '../bounded.ts'
import { RefusedError } from '../cluster-errors.ts'
import { fetchMetadata, type TopicPlaces } from '../cluster-metadata.ts'
import { describeConfigs } from '../configs/describe-configs.ts'
import { groupTopics } from '../dead-letters/dead-letter.ts'
import { findDeadLetterTopics } from '../dead-letters/dead-letter-topics.ts'
import { delayedRecord, type WholeDelayedRecord } from '../delayed/delayed-record.ts'
import { listDelayed } from '../delayed/delayed-records.ts'
import type { CommittedByTopic } from '../groups/committed-offsets.ts'
import { type FoundMessage, type FullMessage, getMessage } from '../messages/get-message.ts'
import type { MessageSource } from '../messages/scan/message-source.ts'
import { type Ancestor, type Descendants, findDescendants, isSame, type SearchBudget } from './find-descendants.ts'
import { type GroupFindings, groupStory, type LetterNote } from './group-story.ts'
import type { GroupLife, LifeEvent, LifeOutcome, LifePlace, LifeUnknown, MessageLife } from './life-event.ts'
import { type RecordFacts, recordFacts } from './record-facts.ts'

export interface LifeOptions {
  /** The groups of the cluster, and what they have committed. */
  readonly groups: readonly { readonly id: string; readonly state: string }[]
  readonly commits: ReadonlyMap<string, CommittedByTopic>
  /** The admin listeners, or why they cannot be asked. */
  readonly admin: AdminListeners | { readonly reason: string }
  /** What became of a letter, where somebody keeps that [nobody does]. */
  readonly historyOf?: (letter: LifePlace) => Promise<readonly LetterNote[]>
  /** How much is read: four times as much with each step [0]. */
  readonly effort?: number
  /** The record that is asked for waits: its offset is what its producer was answered [it is there to be read]. */
  readonly isWaiting?: boolean
}

/** The life of the message, or why there is no record at the place. */
export type LifeAnswer =
  | { readonly life: MessageLife; readonly missing: null }
  | {
      readonly life: null
      readonly missing:
        | Pick<FoundMessage, 'missing' | 'startOffset' | 'endOffset'>
        | { readonly missing: 'waitsNoMore' }
    }

const GROUPS_MAX = 50
const WAITING_MAX = 1_000
const RECORDS = 100_000
const BYTES = 64 * 1024 * 1024
const DURATION_MS = 4_000
/** Of `effort`. */
export const EFFORT_MAX = 3
/** A producer's clock may be ahead of the broker's. */
const SLACK_MS = 15 * 60_000
const DECODERS = { key: 'auto', value: 'hex' } as const

export async function messageLife(source: MessageSource, asked: LifePlace, options: LifeOptions): Promise<LifeAnswer> {
  const read = (place: LifePlace) =>
    getMessage(source, place.topic, place.partition, place.offset, DECODERS, 1024 * 1024)
  const isWaiting = options.isWaiting === true
  const unknown: LifeUnknown[] = []
  let facts: RecordFacts
  let keyText: string | null
  if (isWaiting) {
    const waiting = await waitingRecord(asked, options)
    if (waiting === null) return { life: null, missing: { missing: 'waitsNoMore' } }
    facts = waiting
    keyText = waiting.key?.toString('utf8') ?? null
    // A timed message: nobody has seen it yet.
    if (facts.due === null && facts.origin === null && facts.times === null)
      return { life: lifeBefore(asked, waiting), missing: null }
  } else {
    const { message, ...missing } = await read(asked)
    if (message === null) return { life: null, missing }
    facts = factsOf(message)
    keyText = message.key.kind === 'null' ? null : message.key.text
  }
  const beginning: LifeEvent[] = []
  const isHere = (place: LifePlace, waits = false) => waits === isWaiting && isSame(place, asked)
  let root: LifePlace | null = placeOf(facts)
  let first: RecordFacts | null = facts
  if (facts.origin !== null && !isSame(facts.origin, asked)) {
    root = placeOf(facts.origin)
    first = await read(root).then(
      (found) => {
        if (found.message !== null) return factsOf(found.message)
        beginning.push({ kind: 'gone', ...at(facts.origin!.timestamp, root, isHere), missing: found.missing ?? 'gone' })
        unknown.push({ kind: 'originGone', place: root!, missing: found.missing ?? 'gone' })
        return null
      },
      // Its topic may have been deleted.
      (error: Error) => {
        beginning.push({ kind: 'gone', ...at(facts.origin!.timestamp, root, isHere), missing: error.message })
        unknown.push({ kind: 'originGone', place: root!, missing: error.message })
        return null
      },
    )
  } else if (isWaiting || facts.times !== null || facts.reason !== null) {
    root = null
    first = null
    unknown.push({ kind: 'originUnknown' })
  }
  if (first !== null) beginning.push(...beginningOf(first, isHere))
  const budget = budgetOf(options.effort ?? 0)
  const limits = { records: budget.records, bytes: budget.bytes }
  const fromMs = (first?.timestamp ?? facts.origin?.timestamp ?? facts.timestamp) - SLACK_MS
  const groups = await groupsOf(source, root, facts, options, unknown)
  const topics = await placesOf(
    source,
    groups.flatMap(({ retry, deadLetters }) => [retry, deadLetters]),
  )
  const lives: GroupLife[] = []
  for (const { group, state, retry, deadLetters } of groups) {
    const search = async (name: string | null): Promise<readonly RecordFacts[]> => {
      const topic = name === null ? undefined : topics.get(name)
      if (topic === undefined || root === null) return []
      return searchIn(source, topic, { origin: root }, fromMs, first?.key ?? facts.key, budget, unknown)
    }
    // One after the other: they share what may be read. Letters first, there are fewer.
    const letters = [...(await search(deadLetters))]
    const retries = [...(await search(retry))]
    const isOf = (name: string | null, found: readonly RecordFacts[]) =>
      !isWaiting && facts.topic === name && !found.some((one) => isSame(one, facts))
    if (isOf(deadLetters, letters)) letters.push(facts)
    if (isOf(retry, retries)) retries.push(facts)
    const told = await mapBounded(letters, 4, async (letter) => ({
      ...letter,
      history: (await options.historyOf?.(placeOf(letter)).catch(() => [])) ?? [],
    }))
    const copies: RecordFacts[] = []
    for (const [name, resends] of resendsElsewhere(told, retry)) {
      const topic = (await placesOf(source, [name])).get(name)
      if (topic === undefined) continue
      const ancestor = { letters: new Set(letters.map((one) => `${one.topic}-${one.partition}@${one.offset}`)) }
      const sinceMs = Math.min(...resends.map(({ atMs }) => atMs)) - SLACK_MS
      copies.push(...(await searchIn(source, topic, ancestor, sinceMs, first?.key ?? facts.key, budget, unknown)))
    }
    const waiting = await waitingOf(retry, topics, root, first?.key ?? facts.key, options, unknown)
    if (isWaiting && facts.topic === retry && !waiting.some((one) => isSame(one, asked))) {
      waiting.push(facts as WaitingFacts)
    }
    // A topic of nobody's that holds nothing of it is no part of its life.
    if (group === null && letters.length === 0) continue
    const findings: GroupFindings = {
      group,
      deadLetters,
      state,
      root,
      retries,
      waiting,
      letters: told,
      copies,
      committed: ({ topic, partition }) =>
        options.commits
          .get(group ?? '')
          ?.get(topic)
          ?.get(partition)?.offset ?? null,
      isHere,
    }
    const { attemptsMissing, ...life } = groupStory(findings)
    if (attemptsMissing > 0) {
      const known = life.events.filter(({ kind }) => kind === 'failed').length
      unknown.push({ kind: 'attemptsCut', group: group ?? '', known, total: known + attemptsMissing })
    }
    // Groups that have nothing to do with it are not a part of its life.
    if (life.events.length > 0) lives.push(life)
  }
  if (lives.some(({ events }) => events.some(({ kind }) => kind === 'consumed'))) unknown.push({ kind: 'consumedWhen' })
  if (lives.length === 0) unknown.push({ kind: 'noGroups' })
  lives.sort((a, b) => weight[a.outcome] - weight[b.outcome] || b.events.length - a.events.length)
  return {
    missing: null,
    life: {
      asked,
      root,
      keyText,
      beginning,
      groups: lives,
      unknown,
      searched: {
        records: limits.records - budget.records,
        bytes: limits.bytes - budget.bytes,
        isCut: unknown.some(({ kind }) => kind === 'searchCut'),
      },
    },
  }
}

const weight: Readonly<Record<LifeOutcome, number>> = {
  deadLetter: 0,
  waits: 1,
  resent: 2,
  ahead: 3,
  unknown: 4,
  consumed: 5,
}

/** From its production to the first time that it could be read. */
function beginningOf(first: RecordFacts, isHere: (place: LifePlace) => boolean): LifeEvent[] {
  const { born, timer, timestamp, timestampType, producerId, rescheduledFrom } = first
  const place = placeOf(first)
  if (born === null) {
    const clock = timestampType === 'CreateTime' ? 'client' : 'broker'
    return [{ kind: 'produced', ...at(timestamp < 0 ? null : timestamp, place, isHere), clock, producerId }]
  }
  const events: LifeEvent[] = [
    { kind: 'produced', atMs: born, place: null, isHere: false, clock: 'client', producerId: null },
  ]
  if (rescheduledFrom !== null) {
    events.push({ kind: 'rescheduled', atMs: null, place: null, isHere: false, from: rescheduledFrom })
  }
  const dueMs = timer?.header === 'TIMER_DELIVER_MS' ? Number(timer.value) : null
  if (timer !== null) {
    const waitedMs = Math.max(0, timestamp - born)
    events.push({ kind: 'delayed', atMs: null, place: null, isHere: false, ...timer, dueMs, waitedMs })
  }
  const lateMs = dueMs === null ? null : Math.max(0, timestamp - Math.max(dueMs, born))
  events.push({ kind: 'visible', ...at(timestamp, place, isHere), lateMs })
  return events
}

/** A record that waits, with when it is due. */
type WaitingFacts = GroupFindings['waiting'][number]

/** null: nothing waits there (any more). Throws where nobody can tell. */
async function waitingRecord(place: LifePlace, { admin }: LifeOptions): Promise<WaitingFacts | null> {
  if ('reason' in admin)
    throw new RefusedError(admin.reason, 'look at a record that waits', 'Look at it when it is due.')
  const whole = await delayedRecord(admin, place)
  return whole === null ? null : waitingFacts(whole)
}

function waitingFacts({ topic, partition, offset, due, isDeadLetter, ...whole }: WholeDelayedRecord): WaitingFacts {
  const { bornTimestamp, key, headers } = whole
  const record = { timestamp: bornTimestamp, timestampType: 'CreateTime', key, producerId: null } as const
  const facts = recordFacts({ topic, partition, offset }, record, headers)
  // Its timestamp is its producer's; when it failed last is the broker's own.
  const timestamp = facts.attempts.at(-1)?.time ?? bornTimestamp
  return { ...facts, timestamp, dueMs: due, isDeadLetter }
}

/** Of a timed message until it is due. */
function lifeBefore(asked: LifePlace, { key, timestamp, timer, rescheduledFrom, dueMs }: WaitingFacts): MessageLife {
  const nowhere = { place: null, isHere: false }
  const atMs = timestamp < 0 ? null : timestamp
  const beginning: LifeEvent[] = [{ kind: 'produced', atMs, ...nowhere, clock: 'client', producerId: null }]
  if (rescheduledFrom !== null) beginning.push({ kind: 'rescheduled', atMs: null, ...nowhere, from: rescheduledFrom })
  if (timer !== null) beginning.push({ kind: 'delayed', atMs: null, ...nowhere, ...timer, dueMs, waitedMs: null })
  beginning.push({ kind: 'notYet', atMs: null, place: asked, isHere: true, dueMs })
  const searched = { records: 0, bytes: 0, isCut: false }
  return { asked, root: null, keyText: key?.toString('utf8') ?? null, beginning, groups: [], unknown: [], searched }
}

interface LifeGroup {
  /** null: a dead-letter topic does not say whose it is. */
  readonly group: string | null
  readonly state: string | null
  readonly retry: string | null
  readonly deadLetters: string | null
}

/** The groups that have committed in the message's topic, and that of the retry or dead-letter topic it was found in. */
async function groupsOf(
  { cluster }: MessageSource,
  root: LifePlace | null,
  facts: RecordFacts,
  { groups, commits }: LifeOptions,
  unknown: LifeUnknown[],
): Promise<LifeGroup[]> {
  const readers = root === null ? [] : groups.filter(({ id }) => commits.get(id)?.has(root.topic) === true)
  const states = new Map(groups.map(({ id, state }) => [id, state]))
  const isPlain = facts.due === null && facts.times === null && facts.reason === null
  const own = isPlain ? null : await ownerOf(cluster, facts.topic)
  const ids = [...new Set([...(own === null ? [] : [own]), ...readers.map(({ id }) => id)])]
  if (ids.length > GROUPS_MAX) unknown.push({ kind: 'groupsCut', looked: GROUPS_MAX, total: ids.length })
  let foreign: string | null = null
  const found = await mapBounded(ids.slice(0, GROUPS_MAX), 8, async (group): Promise<LifeGroup> => {
    const state = states.get(group) ?? null
    try {
      if (foreign !== null) return { group, state, retry: null, deadLetters: null }
      return { group, state, ...(await groupTopics(cluster, group)) }
    } catch (error) {
      foreign = (error as Error).message
      return { group, state, retry: null, deadLetters: null }
    }
  })
  // Nobody reads it: whether the cluster knows such topics is asked of a group that need not exist.
  if (ids.length === 0) await groupTopics(cluster, 'anyone').catch((error: Error) => (foreign = error.message))
  if (foreign === null) return found
  unknown.push({ kind: 'foreign', reason: foreign })
  return withForeignLetters(cluster, found, states, unknown)
}

/** Where the cluster knows no groups' topics: every dead-letter topic that headers and names give away. */
async function withForeignLetters(
  cluster: MessageSource['cluster'],
  found: readonly LifeGroup[],
  states: ReadonlyMap<string, string>,
  unknown: LifeUnknown[],
): Promise<LifeGroup[]> {
  const topics = await findDeadLetterTopics(cluster)
  if (topics.length > GROUPS_MAX) unknown.push({ kind: 'groupsCut', looked: GROUPS_MAX, total: topics.length })
  const letters = topics.slice(0, GROUPS_MAX).map(({ topic, group }) => {
    return { group, state: group === null ? null : (states.get(group) ?? null), retry: null, deadLetters: topic }
  })
  const told = new Set(letters.map(({ group }) => group))
  return [...letters, ...found.filter(({ group }) => !told.has(group))]
}

/** The group whose retries or dead letters a topic holds. */
async function ownerOf(cluster: MessageSource['cluster'], topic: string): Promise<string | null> {
  const names = ['retry.group', 'dlq.group']
  const entries = await describeConfigs(cluster, { type: 'topic', name: topic }, names)
  return names.map((name) => entries.find((entry) => entry.name === name)?.value).find((value) => value) ?? null
}

/** Those of the topics that exist. They may have been made a moment ago. */
async function placesOf(
  { cluster }: MessageSource,
  names: readonly (string | null)[],
): Promise<ReadonlyMap<string, TopicPlaces>> {
  const wanted = [...new Set(names.filter((name) => name !== null))]
  if (wanted.length === 0) return new Map()
  const { topics } = await fetchMetadata(cluster, wanted)
  return new Map([...topics].filter(([, { errorCode }]) => errorCode === 0))
}

async function searchIn(
  { cluster }: MessageSource,
  topic: TopicPlaces,
  ancestor: Ancestor,
  fromMs: number,
  key: Buffer | null,
  budget: SearchBudget,
  unknown: LifeUnknown[],
): Promise<readonly RecordFacts[]> {
  let answer: Descendants
  try {
    answer = await findDescendants(cluster, topic, ancestor, fromMs, key, budget)
  } catch (error) {
    unknown.push({ kind: 'searchFailed', topic: topic.name, reason: (error as Error).message })
    return []
  }
  if (answer.left > 0) unknown.push({ kind: 'searchCut', topic: topic.name, records: answer.left })
  return answer.found
}

/** Letters that were sent to another topic than that of the retries, by the topic. */
function resendsElsewhere(
  letters: readonly { readonly history: readonly LetterNote[] }[],
  retry: string | null,
): Map<string, LetterNote[]> {
  const resends = letters.flatMap(({ history }) => history.filter(({ kind }) => kind === 'resent'))
  const topicOf = ({ text }: LetterNote) => text?.slice(0, text.lastIndexOf('-')) ?? ''
  return Map.groupBy(
    resends.filter((note) => topicOf(note) !== retry && topicOf(note) !== ''),
    topicOf,
  )
}

/** Retries that wait: only the admin listener tells of them. */
async function waitingOf(
  retry: string | null,
  topics: ReadonlyMap<string, TopicPlaces>,
  root: LifePlace | null,
  key: Buffer | null,
  { admin }: LifeOptions,
  unknown: LifeUnknown[],
): Promise<WaitingFacts[]> {
  if (retry === null || root === null || !topics.has(retry)) return []
  const untold = (reason: string) => {
    if (!unknown.some(({ kind }) => kind === 'waitingUntold')) unknown.push({ kind: 'waitingUntold', reason })
    return []
  }
  if ('reason' in admin) return untold(admin.reason)
  try {
    const isText = key !== null && Buffer.from(key.toString('utf8')).equals(key)
    const query = { topic: retry, limit: WAITING_MAX, ...(isText && { key: key.toString('utf8') }) }
    const list = await listDelayed(admin, query)
    const candidates = list.records.filter(({ headers }) => {
      return headers.findLast((header) => header.key === 'ORIGIN_OFFSET')?.value === String(root.offset)
    })
    if (list.silent.length > 0) untold(silentText(list.silent))
    if (list.isCut) unknown.push({ kind: 'searchCut', topic: retry, records: list.waiting - list.records.length })
    const found = await mapBounded(candidates, 4, async ({ partition, offset }) => {
      const whole = await delayedRecord(admin, { topic: retry, partition, offset })
      const facts = whole === null ? null : waitingFacts(whole)
      return facts !== null && isSame(facts.origin, root) ? [facts] : []
    })
    return found.flat()
  } catch (error) {
    return untold((error as Error).message)
  }
}

function factsOf(message: FullMessage): RecordFacts {
  const { topic, partition, offset, timestamp, timestampType, key, batch, headers } = message
  const bytes = (payload: FullMessage['key']) =>
    payload.kind === 'null' ? null : Buffer.from(payload.base64, 'base64')
  const producerId = batch.producerId < 0 ? null : batch.producerId
  return recordFacts(
    { topic, partition, offset },
    { timestamp, timestampType, key: bytes(key), producerId },
    headers.map((header) => ({ key: header.key, value: bytes(header.value) })),
  )
}

function budgetOf(effort: number): SearchBudget {
  const factor = 4 ** Math.min(effort, EFFORT_MAX)
  const until = performance.now() + DURATION_MS * Math.min(factor, 5)
  return { records: RECORDS * factor, bytes: BYTES * factor, until }
}

function placeOf({ topic, partition, offset }: LifePlace): LifePlace {
  return { topic, partition, offset }
}

function at(atMs: number | null, place: LifePlace | null, isHere: (place: LifePlace) => boolean) {
  return { atMs, place, isHere: place !== null && isHere(place) }
}
