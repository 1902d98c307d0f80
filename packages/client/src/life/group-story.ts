/**
 * What happened to a message in one group, told from the records that were found of it. Pure.
 *
 *   round   failed 1 ─wait─ retried 1 ─ failed 2 ─ … ─▶ dead letter      each round begins with a failure of the origin,
 *                                              └──────▶ consumed         or with a letter that was sent again
 *
 * A group reports failures only by sending the record on. So a delivery that the group is past, and that nothing followed,
 * was dealt with: that is an inference, and the console says so.
 */
import type { GroupLife, LifeAttempt, LifeEvent, LifeOutcome, LifePlace } from './life-event.ts'
import type { RecordFacts } from './record-facts.ts'

/** A letter's own history, where it is kept. */
export interface LetterNote {
  readonly atMs: number
  readonly kind: 'resent' | 'failed' | 'resolved' | 'unresolved'
  readonly job: string | null
  readonly by: string | null
  /** Of what was resent: where it went, `topic-partition`. */
  readonly text: string | null
}

export interface GroupFindings {
  /** null: its dead-letter topic does not say whose it is. */
  readonly group: string | null
  readonly deadLetters: string | null
  readonly state: string | null
  /** The message where the group read it first; null: not known. */
  readonly root: LifePlace | null
  /** Delivered in the group's retry topic. */
  readonly retries: readonly RecordFacts[]
  /** In the group's retry topic, not delivered yet: `offset` is the intake's. */
  readonly waiting: readonly (RecordFacts & { readonly dueMs: number; readonly isDeadLetter: boolean })[]
  readonly letters: readonly (RecordFacts & { readonly history: readonly LetterNote[] })[]
  /** Letters that were sent again to another topic than that of the retries, where they were found. */
  readonly copies: readonly RecordFacts[]
  /** The next offset that the group reads; null: nothing is committed there. */
  committed(place: LifePlace): number | null
  /** Whether it is the record that was asked for; one that `waits` has an offset of another log than one that can be read. */
  isHere(place: LifePlace, waits: boolean): boolean
}

/** An event before it is known whether it is about the record that was asked for. */
type ToldEvent = WithoutHere<LifeEvent>
type WithoutHere<E> = E extends unknown ? Omit<E, 'isHere'> : never

/** One way through the retry topic: from a failure, or from a letter that was sent again, to its end. */
interface Round {
  readonly redrive: RecordFacts['redrive']
  readonly records: RecordFacts[]
}

export function groupStory(findings: GroupFindings): GroupLife & { readonly attemptsMissing: number } {
  const { group, deadLetters, state, retries, waiting, letters, copies, isHere } = findings
  const events: LifeEvent[] = []
  const add = (event: ToldEvent) => {
    // Where a group stands is told by its commits, and not by the record.
    const isRecord = event.kind !== 'consumed' && event.kind !== 'ahead' && event.kind !== 'notCommitted'
    events.push({
      ...event,
      isHere: isRecord && event.place !== null && isHere(event.place, event.kind === 'waits'),
    } as LifeEvent)
  }
  let attemptsMissing = 0
  for (const { redrive, records } of roundsOf([...retries, ...waiting, ...letters, ...copies])) {
    if (redrive !== null) {
      const { by, at, job, from, isEdited } = redrive
      const first = records.find((record) => retries.includes(record) || copies.includes(record))
      const target = first === undefined ? null : placeOf(first)
      add({ kind: 'resent', atMs: at, place: null, by, job, from, to: null, target, isEdited })
    }
    attemptsMissing += tellAttempts(records, new Set<RecordFacts>(retries), add)
  }
  for (const one of waiting) {
    const { dueMs, isDeadLetter } = one
    add({ kind: 'waits', atMs: null, place: placeOf(one), number: (one.times ?? 0) + 1, dueMs, isDeadLetter })
  }
  for (const letter of letters) {
    const { reason, attempts, timestamp } = letter
    add({ kind: 'deadLetter', atMs: timestamp, place: placeOf(letter), reason, attempts: attempts.length })
    for (const note of letter.history) {
      if (note.kind === 'failed') continue
      const { atMs, by, job, text } = note
      // What was found of it tells of itself.
      const isTold = [...retries, ...waiting, ...copies].some(({ redrive }) => redrive?.job === job)
      if (note.kind === 'resent' && isTold) continue
      const from = `${letter.topic}-${letter.partition}@${letter.offset}`
      if (note.kind !== 'resent') add({ kind: note.kind, atMs, place: null, by })
      else add({ kind: 'resent', atMs, place: null, by, job, from, to: text, target: null, isEdited: false })
    }
  }
  events.sort(byTime)
  const outcome = conclude(findings, events, add)
  return { group, deadLetters, state, events, outcome, attemptsMissing }
}

/** Adds how it stands with the last that was delivered, and returns the outcome. */
function conclude(
  { root, retries, waiting, letters, copies, committed }: GroupFindings,
  events: readonly LifeEvent[],
  add: (event: ToldEvent) => void,
): LifeOutcome {
  if (waiting.length > 0) return 'waits'
  const newest = [...retries, ...copies, ...letters].toSorted((a, b) => a.timestamp - b.timestamp).at(-1)
  if (newest !== undefined && letters.some((letter) => letter === newest)) {
    const resent = events.findLast(({ kind }) => kind === 'resent')
    return resent !== undefined && (resent.atMs ?? 0) >= newest.timestamp ? 'resent' : 'deadLetter'
  }
  const last = newest === undefined ? root : placeOf(newest)
  if (last === null) return 'unknown'
  const next = committed(last)
  if (next === null) {
    add({ kind: 'notCommitted', atMs: null, place: last })
    return 'unknown'
  }
  if (next > last.offset) {
    add({ kind: 'consumed', atMs: null, place: last })
    return 'consumed'
  }
  add({ kind: 'ahead', atMs: null, place: last, before: last.offset - next })
  return 'ahead'
}

/** Failures and deliveries of one round. Returns how many failures its headers do not tell any more. */
function tellAttempts(
  records: readonly RecordFacts[],
  delivered: ReadonlySet<RecordFacts>,
  add: (event: ToldEvent) => void,
): number {
  let known: readonly LifeAttempt[] = []
  let total = 0
  for (const { attempts, times } of records) {
    if (attempts.length >= known.length) known = attempts
    total = Math.max(total, attempts.length, times ?? 0)
  }
  const missing = total - known.length
  known.forEach(({ time, client, host, error }, at) => {
    add({ kind: 'failed', atMs: time, place: null, number: missing + at + 1, client, host, error })
  })
  for (const record of records) {
    if (!delivered.has(record)) continue
    const number = record.times ?? 0
    const failure = record.attempts.at(-1)
    const waitedMs = failure === undefined ? null : Math.max(0, record.timestamp - failure.time)
    add({ kind: 'retried', atMs: record.timestamp, place: placeOf(record), number, waitedMs })
  }
  return missing
}

/** Records of the same sending: those that no letter was sent again for, then by the job that sent it. */
function roundsOf(records: readonly RecordFacts[]): Round[] {
  const rounds = new Map<string, Round>()
  for (const record of records.toSorted((a, b) => a.timestamp - b.timestamp)) {
    const { redrive } = record
    const id = redrive === null ? '' : `${redrive.job} ${redrive.from} ${redrive.at}`
    const round = rounds.get(id)
    if (round === undefined) rounds.set(id, { redrive, records: [record] })
    else round.records.push(record)
  }
  return [...rounds.values()]
}

/** By time; what has none comes last, in the order in which it was told. */
function byTime(one: LifeEvent, other: LifeEvent): number {
  return (one.atMs ?? Number.MAX_VALUE) - (other.atMs ?? Number.MAX_VALUE) || order(one) - order(other)
}

/** What comes first of what happened in the same millisecond. */
function order({ kind }: LifeEvent): number {
  return ['failed', 'deadLetter', 'resent', 'retried', 'waits'].indexOf(kind)
}

function placeOf({ topic, partition, offset }: LifePlace): LifePlace {
  return { topic, partition, offset }
}
