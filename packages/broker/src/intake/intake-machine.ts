/**
 * What waits in one intake partition, and what is delivered next. Pure: time and what the target knows come in, notes go
 * out, and `replay` is the only writer of what must survive.
 *
 *   accepted ──▶ waiting ──due──▶ candidates ──intent──▶ in flight ──delivered──▶ gone
 *                   └────────────── recalled ─────────────────────────────────────▶ gone
 *
 * Each lane has one intent in flight at most. A record is delivered once because its intent is committed under a fixed
 * sequence before the target sees it: whoever takes over appends the same batch under the same sequence again, and the
 * target knows whether it has it.
 */

import type { IntakeChanges } from './intake-changes.ts'
import type { IndexReader } from './intake-index.ts'
import {
  DEAD,
  type DeliveredNote,
  type IntakeNote,
  type IntentNote,
  type Lane,
  type RecalledNote,
  type RescheduledNote,
  VISIBLE,
} from './intake-note.ts'
import { TimeIndex } from './time-index.ts'
import { WaitingSet } from './waiting-set.ts'

const UNHEARD: IntakeChanges = { waits: () => {}, gone: () => {}, moved: () => {} }

/** A target, and what its next batch from this partition has to carry: the target's own producer state says so. */
export interface Target {
  readonly topicId: string
  readonly partition: number
  readonly epoch: number
  readonly sequence: number
}

export class IntakeMachine implements IndexReader {
  readonly #changes: IntakeChanges
  readonly #waiting = new WaitingSet()
  readonly #lanes: readonly [TimeIndex, TimeIndex] = [new TimeIndex(), new TimeIndex()]
  readonly #flights: [IntentNote | null, IntentNote | null] = [null, null]
  /** Records taken out to be delivered, and when they were due. */
  readonly #taken = new Map<number, number>()
  /** Offsets in flight, of both lanes. */
  readonly #flying = new Set<number>()
  /** Waiting records that are dead letters. */
  readonly #dead = new Set<number>()
  /** Where records are that were moved forward. */
  readonly #moved = new Map<number, number>()
  /** When records are due that wait for another time than the one they were accepted for. */
  readonly #rescheduled = new Map<number, number>()

  constructor(changes: IntakeChanges = UNHEARD) {
    this.#changes = changes
  }

  /** Records that wait, those in flight among them. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Records that were moved forward and still wait. */
  get movedCount(): number {
    return this.#moved.size
  }

  isWaiting(offset: number): boolean {
    return this.#waiting.has(offset)
  }

  /** Whether a record waits, for that lane. */
  waitsIn(lane: Lane, offset: number): boolean {
    return this.#waiting.has(offset) && this.laneOf(offset) === lane
  }

  isFlying(offset: number): boolean {
    return this.#flying.has(offset)
  }

  /** Whether a record waits for another time than the one it was accepted for: its body alone does not tell which. */
  isRescheduled(offset: number): boolean {
    return this.#rescheduled.has(offset)
  }

  laneOf(offset: number): Lane {
    return this.#dead.has(offset) ? DEAD : VISIBLE
  }

  /** Where the record that was accepted at `offset` is in the log. */
  locationOf(offset: number): number {
    return this.#moved.get(offset) ?? offset
  }

  /** The intent that is committed or about to be, and not yet known to be delivered. */
  flight(lane: Lane): IntentNote | null {
    return this.#flights[lane]
  }

  /** When the next record of a lane is due, epoch milliseconds: too early at times, never too late. Infinity for never. */
  nextDue(lane: Lane): number {
    return this.#lanes[lane].next()
  }

  /** When the first record that waits is due, epoch milliseconds; Infinity for none. Exact, what `nextDue` is not, and slower. */
  firstDue(): number {
    let first = Number.POSITIVE_INFINITY
    for (const lane of [VISIBLE, DEAD] as const) {
      const counts = (due: number, offset: number) =>
        this.waitsIn(lane, offset) && (this.#rescheduled.get(offset) ?? due) === due
      first = Math.min(first, this.#lanes[lane].first(counts))
    }
    for (const due of this.#taken.values()) if (due < first) first = due
    return first
  }

  /** A committed record of a client. */
  accepted(offset: number, due: number, lane: Lane): void {
    if (!this.#waiting.add(offset)) return
    if (lane === DEAD) this.#dead.add(offset)
    this.#lanes[lane].add(due, offset)
    this.#changes.waits(offset, due, lane)
  }

  /** Applies a note: one just decided, or one read back. `noteOffset` is where it is in the log. */
  replay(note: IntakeNote, noteOffset: number): void {
    switch (note.kind) {
      case 'intent': {
        this.#land(note.lane)
        this.#flights[note.lane] = note
        for (const offset of note.offsets) {
          this.#flying.add(offset)
          this.#taken.delete(offset)
        }
        break
      }
      case 'delivered':
        for (const offset of this.#land(note.lane)) this.#forget(offset)
        break
      case 'recalled':
        for (const offset of note.offsets) this.#forget(offset)
        break
      case 'rescheduled':
        for (const offset of note.offsets) {
          if (!this.#waiting.has(offset)) continue
          this.#waitsAgain(offset, note.due, note.lane ?? VISIBLE)
          this.#changes.waits(offset, note.due, this.laneOf(offset))
        }
        break
      case 'moved':
        // The record it moves may have gone with its segment.
        this.accepted(note.offset, note.due, note.lane)
        this.moved(note.offset, noteOffset)
        break
      default:
        note satisfies never
    }
  }

  /** Reading back what an index kept: a record waits, or, told again, waits for another time. */
  waits(offset: number, due: number, lane: Lane): void {
    if (this.#waiting.has(offset)) this.#waitsAgain(offset, due, lane)
    else this.accepted(offset, due, lane)
  }

  /** Reading back: a record waits no more. */
  gone(offset: number): void {
    this.#forget(offset)
  }

  /** A record is somewhere else now. */
  moved(offset: number, location: number): void {
    if (!this.#waiting.has(offset)) return
    this.#moved.set(offset, location)
    this.#changes.moved(offset, location)
  }

  /** Reading back: what was in flight. */
  flights(intents: readonly IntentNote[]): void {
    for (const intent of intents) this.replay(intent, -1)
  }

  /**
   * The log begins at `startOffset` now: nothing below waits, because a segment goes only when all of it is over. An intent
   * of which anything is over is over as a whole.
   */
  trim(startOffset: number): void {
    for (const offset of [...this.waitingBetween(0, startOffset)]) this.#forget(offset)
    for (const lane of [VISIBLE, DEAD] as const) {
      const flight = this.#flights[lane]
      if (flight?.offsets.every((offset) => this.#waiting.has(offset)) !== false) continue
      for (const offset of this.#land(lane)) this.#forget(offset)
    }
  }

  /** Says everything that a machine would have to be told to be like this one, but for what is in flight. */
  dump(changes: IntakeChanges): void {
    for (const { due, offset, lane } of this.entries()) changes.waits(offset, due, lane)
    for (const offset of this.#flying) changes.waits(offset, 0, this.laneOf(offset))
    for (const [offset, due] of this.#rescheduled) changes.waits(offset, due, this.laneOf(offset))
    for (const [offset, location] of this.#moved) changes.moved(offset, location)
  }

  /** Takes out at most `max` records of a lane that are due at `now`, for an intent. */
  take(lane: Lane, now: number, max: number): number[] {
    const index = this.#lanes[lane]
    const offsets: number[] = []
    while (offsets.length < max && index.pop(now)) {
      // Recalls and reschedules leave entries behind, and so do records that became dead letters.
      const { due, offset } = index
      if (!this.waitsIn(lane, offset) || this.#flying.has(offset) || this.#taken.has(offset)) continue
      this.#taken.set(offset, due)
      offsets.push(offset)
    }
    return offsets
  }

  /** What is delivered next: these records, in this order. */
  intend(lane: Lane, target: Target, offsets: readonly number[]): IntentNote {
    const { topicId, partition, epoch, sequence } = target
    return { kind: 'intent', lane, topicId, partition, epoch, sequence, offsets }
  }

  /** The same records as in flight under another sequence: the target lost what was delivered before, or is another. */
  rebase(lane: Lane, target: Target): IntentNote {
    return this.intend(lane, target, this.#flights[lane]!.offsets)
  }

  /** The target has what was in flight. */
  delivered(lane: Lane): DeliveredNote {
    return { kind: 'delivered', lane }
  }

  /** Takes records back that wait and are not being delivered. Null where there are none among `offsets`. */
  recall(offsets: readonly number[]): RecalledNote | null {
    const recalled = this.#movable(offsets)
    return recalled.length === 0 ? null : { kind: 'recalled', offsets: recalled }
  }

  /** Makes records due at `due`. Null where none of `offsets` waits. */
  reschedule(offsets: readonly number[], due: number): RescheduledNote | null {
    const rescheduled = this.#movable(offsets)
    return rescheduled.length === 0 ? null : { kind: 'rescheduled', due, offsets: rescheduled }
  }

  /** Makes records dead letters at once, instead of waiting for another retry. Null where none of `offsets` waits for one. */
  bury(offsets: readonly number[], now: number): RescheduledNote | null {
    const buried = this.#movable(offsets).filter((offset) => this.laneOf(offset) === VISIBLE)
    return buried.length === 0 ? null : { kind: 'rescheduled', due: now, offsets: buried, lane: DEAD }
  }

  /** The records that wait, as due and offset, in no order; what is in flight is among them. */
  *entries(): Generator<{ readonly due: number; readonly offset: number; readonly lane: Lane }> {
    /** Rescheduled records that were given; entries of the same and of other times may be left of them. */
    const given = new Set<number>()
    for (const lane of [VISIBLE, DEAD] as const) {
      for (const [due, offset] of this.#lanes[lane].entries()) {
        const isHere = this.waitsIn(lane, offset) && !this.#flying.has(offset) && !this.#taken.has(offset)
        if (!isHere) continue
        if (this.#rescheduled.has(offset)) {
          if (this.#rescheduled.get(offset) !== due || given.has(offset)) continue
          given.add(offset)
        }
        yield { due, offset, lane }
      }
    }
    for (const [offset, due] of this.#taken) yield { due, offset, lane: this.laneOf(offset) }
  }

  /** The records that wait whose bodies are in `[from, to)`: not those that were moved away. */
  *waitingBetween(from: number, to: number): Generator<number> {
    for (const offset of this.#waiting.between(from, to)) if (!this.#moved.has(offset)) yield offset
    for (const [offset, location] of this.#moved) if (location >= from && location < to) yield offset
  }

  #movable(offsets: readonly number[]): number[] {
    return [...new Set(offsets)].filter((offset) => this.#waiting.has(offset) && !this.#flying.has(offset))
  }

  /** A record that waits does so for another time, as a dead letter for good if `lane` says so. */
  #waitsAgain(offset: number, due: number, lane: Lane): void {
    if (lane === DEAD) this.#bury(offset)
    this.#rescheduled.set(offset, due)
    this.#lanes[this.laneOf(offset)].add(due, offset)
  }

  /** A record that waits is a dead letter from now on; whoever took it out for a retry finds it gone. */
  #bury(offset: number): void {
    this.#dead.add(offset)
    this.#taken.delete(offset)
  }

  #land(lane: Lane): readonly number[] {
    const flight = this.#flights[lane]
    if (flight === null) return []
    this.#flights[lane] = null
    for (const offset of flight.offsets) this.#flying.delete(offset)
    return flight.offsets
  }

  #forget(offset: number): void {
    if (!this.#waiting.delete(offset)) return
    this.#dead.delete(offset)
    this.#moved.delete(offset)
    this.#rescheduled.delete(offset)
    this.#taken.delete(offset)
    this.#changes.gone(offset)
  }
}
