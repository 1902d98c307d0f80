/** The life of records that wait, with time as input. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IntakeChanges } from './intake-changes.ts'
import { IntakeMachine, type Target } from './intake-machine.ts'
import { DEAD, type IntakeNote, VISIBLE } from './intake-note.ts'

const TARGET: Target = { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partition: 0, epoch: 0, sequence: 40 }

/** A machine that waits for records at offsets 0, 1, 2, due at 300, 100 and 200. */
function waiting(): IntakeMachine {
  const machine = new IntakeMachine()
  for (const [offset, due] of [300, 100, 200].entries()) machine.accepted(offset, due, VISIBLE)
  return machine
}

test('what is due is taken out in order, intended, and gone when it is delivered', () => {
  const machine = waiting()
  assert.deepEqual(machine.take(VISIBLE, 99, 10), [])
  const offsets = machine.take(VISIBLE, 250, 10)
  assert.deepEqual(offsets, [1, 2])
  const intent = machine.intend(VISIBLE, TARGET, offsets)
  assert.deepEqual([intent.sequence, intent.offsets], [40, [1, 2]])
  machine.replay(intent, 3)
  assert.equal(machine.waitingCount, 3, 'what is in flight waits still')
  machine.replay(machine.delivered(VISIBLE), 4)
  assert.equal(machine.waitingCount, 1)
  assert.deepEqual(machine.take(VISIBLE, 1_000, 10), [0])
})

test('the first due time is that of a record that still waits for it', () => {
  const machine = new IntakeMachine()
  assert.equal(machine.firstDue(), Number.POSITIVE_INFINITY)
  // All within one part of the index, whose begin is 0.
  for (const [offset, due] of [30_000, 10_000, 20_000].entries()) machine.accepted(offset, due, VISIBLE)
  machine.accepted(3, 15_000, DEAD)
  assert.equal(machine.firstDue(), 10_000)
  machine.replay(machine.recall([1])!, 4)
  assert.equal(machine.firstDue(), 15_000, 'what is recalled does not count')
  machine.replay(machine.reschedule([3], 5_000_000)!, 5)
  assert.equal(machine.firstDue(), 20_000, 'nor does the time that a record no longer waits for')
  machine.take(VISIBLE, 20_000, 10)
  assert.equal(machine.firstDue(), 20_000, 'what is about to be delivered waits still')
})

test('a record is taken out once, however many times it is due', () => {
  const machine = waiting()
  machine.replay(machine.reschedule([0, 0, 7], 50)!, 3)
  assert.deepEqual(machine.take(VISIBLE, 1_000, 10), [0, 1, 2])
  assert.deepEqual(machine.take(VISIBLE, 1_000, 10), [])
})

test('a recalled record is not delivered; one in flight cannot be recalled', () => {
  const machine = waiting()
  machine.replay(machine.recall([2, 9])!, 3)
  const intent = machine.intend(VISIBLE, TARGET, machine.take(VISIBLE, 150, 10))
  machine.replay(intent, 4)
  assert.equal(machine.recall([1, 2, 9]), null)
  machine.replay(machine.delivered(VISIBLE), 5)
  assert.deepEqual(machine.take(VISIBLE, 1_000, 10), [0])
})

test('an intent that is read back is the same intent, and its records are not taken out again', () => {
  const machine = waiting()
  const notes: IntakeNote[] = [machine.intend(VISIBLE, TARGET, [1])]
  const reader = waiting()
  for (const [at, note] of notes.entries()) reader.replay(note, 3 + at)
  assert.deepEqual(reader.flight(VISIBLE), notes[0])
  assert.deepEqual(reader.take(VISIBLE, 1_000, 10), [2, 0])
  const rebased = reader.rebase(VISIBLE, { ...TARGET, sequence: 41 })
  reader.replay(rebased, 5)
  assert.deepEqual([reader.flight(VISIBLE)!.sequence, reader.flight(VISIBLE)!.offsets], [41, [1]])
})

test('dead letters have a lane of their own', () => {
  const machine = waiting()
  machine.accepted(3, 10, DEAD)
  assert.equal(machine.laneOf(3), DEAD)
  assert.deepEqual(machine.take(DEAD, 1_000, 10), [3])
  machine.replay(machine.intend(DEAD, TARGET, [3]), 4)
  machine.replay(machine.delivered(DEAD), 5)
  assert.deepEqual(machine.take(VISIBLE, 1_000, 10), [1, 2, 0])
})

test('a retry that is given up waits for the other lane, and no longer for its own', () => {
  const machine = waiting()
  assert.deepEqual(machine.take(VISIBLE, 150, 10), [1], 'taken out, but not in flight yet')
  machine.replay(machine.bury([1, 2, 2, 7], 50)!, 3)
  assert.deepEqual([machine.waitsIn(VISIBLE, 1), machine.waitsIn(DEAD, 1)], [false, true])
  assert.equal(machine.bury([1], 60), null, 'it is one already')
  assert.deepEqual(
    [...machine.entries()].toSorted((a, b) => a.offset - b.offset),
    [
      { due: 300, offset: 0, lane: VISIBLE },
      { due: 50, offset: 1, lane: DEAD },
      { due: 50, offset: 2, lane: DEAD },
    ],
  )
  const copy = new IntakeMachine()
  machine.dump(copy)
  for (const each of [machine, copy]) {
    assert.deepEqual(each.take(VISIBLE, 1_000, 10), [0])
    assert.deepEqual(each.take(DEAD, 1_000, 10), [1, 2])
  }
})

test('a record that is moved forward keeps its name and its turn', () => {
  const machine = waiting()
  machine.replay({ kind: 'moved', lane: VISIBLE, due: 300, offset: 0 }, 8)
  assert.equal(machine.locationOf(0), 8)
  assert.deepEqual([...machine.waitingBetween(0, 3)], [1, 2])
  assert.deepEqual([...machine.waitingBetween(3, 9)], [0])
  assert.deepEqual(machine.take(VISIBLE, 1_000, 10), [1, 2, 0])
  const reader = new IntakeMachine()
  reader.replay({ kind: 'moved', lane: VISIBLE, due: 300, offset: 0 }, 8)
  assert.deepEqual([reader.waitingCount, reader.locationOf(0)], [1, 8], 'also where its old place is gone')
})

test('a record that waits for another time is told of once, and known as such wherever it is read back', () => {
  const told: [offset: number, due: number, lane: 0 | 1][] = []
  const machine = new IntakeMachine({
    waits: (...entry) => told.push(entry),
    gone: () => {},
    moved: () => {},
  })
  for (const [offset, due] of [300, 100, 200].entries()) machine.accepted(offset, due, VISIBLE)
  machine.replay(machine.reschedule([0], 50)!, 3)
  machine.replay(machine.bury([2], 60)!, 4)
  const listed = [
    { due: 50, offset: 0, lane: VISIBLE },
    { due: 100, offset: 1, lane: VISIBLE },
    { due: 60, offset: 2, lane: DEAD },
  ]
  const copy = new IntakeMachine()
  for (const entry of told) copy.waits(...entry)
  const dumped = new IntakeMachine()
  machine.dump(dumped)
  const again = new IntakeMachine()
  dumped.dump(again)
  for (const each of [machine, copy, dumped, again]) {
    assert.deepEqual(
      [...each.entries()].toSorted((a, b) => a.offset - b.offset),
      listed,
    )
    assert.deepEqual(
      [0, 1, 2].map((offset) => each.isRescheduled(offset)),
      [true, false, true],
    )
    assert.deepEqual([each.take(VISIBLE, 1_000, 10), each.take(DEAD, 1_000, 10)], [[0, 1], [2]])
  }
  machine.replay(machine.recall([0])!, 5)
  assert.equal(machine.isRescheduled(0), false)
})

test('what it tells of its changes makes another one like it', () => {
  const told: [keyof IntakeChanges, ...unknown[]][] = []
  const machine = new IntakeMachine({
    waits: (...args) => told.push(['waits', ...args]),
    gone: (...args) => told.push(['gone', ...args]),
    moved: (...args) => told.push(['moved', ...args]),
  })
  for (const [offset, due] of [300, 100, 200].entries()) machine.accepted(offset, due, VISIBLE)
  machine.accepted(3, 10, DEAD)
  machine.replay({ kind: 'moved', lane: VISIBLE, due: 300, offset: 0 }, 8)
  machine.replay(machine.recall([1])!, 9)
  const copy = new IntakeMachine()
  for (const [what, ...args] of told) (copy[what] as (...args: unknown[]) => void).apply(copy, args)
  assert.deepEqual([copy.waitingCount, copy.locationOf(0), copy.laneOf(3)], [3, 8, DEAD])
  assert.deepEqual(copy.take(VISIBLE, 1_000, 10), [2, 0])
  const dumped = new IntakeMachine()
  machine.take(VISIBLE, 250, 10)
  machine.dump(dumped)
  assert.deepEqual(dumped.take(VISIBLE, 1_000, 10), [2, 0], 'what was taken out is told too')
})

test('where the log begins later, nothing below waits, and an intent about it is over', () => {
  const machine = waiting()
  machine.replay(machine.intend(VISIBLE, TARGET, [1, 2]), 3)
  machine.trim(2)
  assert.equal(machine.waitingCount, 0)
  assert.equal(machine.flight(VISIBLE), null)
})
