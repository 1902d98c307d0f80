import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turn, type TurnStage } from './turn.ts'

/** A turn whose end is called by the test. */
function turnWith(failed?: (error: unknown) => void) {
  const ends: (() => void)[] = []
  const timers = { after: () => ({ cancel() {} }), endOfTurn: (run: () => void) => void ends.push(run) }
  const turn = new Turn(timers, failed)
  const done: string[] = []
  const defer = (stage: TurnStage, name: string, then?: () => void) =>
    turn.defer(stage, {
      endTurn() {
        done.push(name)
        then?.()
      },
    })
  return { turn, done, defer, ends }
}

test('logs write before requests answer, and requests answer before connections send', () => {
  const { defer, done, ends } = turnWith()
  defer('send', 'send')
  defer('answer', 'answer')
  defer('write', 'write')
  assert.equal(ends.length, 1, 'one end for the turn')
  ends[0]!()
  assert.deepEqual(done, ['write', 'answer', 'send'])
})

test('what the end of a turn causes is done in the same turn, an earlier stage first', () => {
  const { defer, done, ends } = turnWith()
  defer('answer', 'first answer', () => {
    defer('send', 'send')
    defer('write', 'second write')
    defer('answer', 'second answer')
  })
  ends[0]!()
  assert.deepEqual(done, ['first answer', 'second write', 'second answer', 'send'])
  assert.equal(ends.length, 1)
})

test('a task that throws is told of and stops nobody else, and the next turn comes', () => {
  const failures: unknown[] = []
  const { defer, done, ends } = turnWith((error) => failures.push(error))
  const bug = new Error('bug')
  defer('write', 'bad', () => {
    throw bug
  })
  defer('write', 'good')
  defer('send', 'send')
  ends[0]!()
  assert.deepEqual(done, ['bad', 'good', 'send'])
  assert.deepEqual(failures, [bug])
  defer('send', 'later')
  assert.equal(ends.length, 2)
})

test('the rest comes last and once in a turn; what it causes is done, what it leaves over waits for the next', () => {
  const { defer, done, ends } = turnWith()
  defer('rest', 'rest', () => {
    defer('rest', 'more of it')
    defer('write', 'caused')
  })
  defer('answer', 'answer', () => defer('send', 'send'))
  ends[0]!()
  assert.deepEqual(done, ['answer', 'send', 'rest', 'caused'])
  assert.equal(ends.length, 2, 'the next turn comes by itself')
  defer('answer', 'next answer')
  assert.equal(ends.length, 2)
  ends[1]!()
  assert.deepEqual(done.slice(4), ['next answer', 'more of it'])
  assert.equal(ends.length, 2)
})

test('what is deferred quietly is done in a turn that others cause, or that is asked for', () => {
  const { turn, defer, done, ends } = turnWith()
  const quiet = { endTurn: () => void done.push('quiet') }
  turn.deferQuietly(quiet)
  assert.equal(ends.length, 0)
  defer('send', 'send')
  ends[0]!()
  assert.deepEqual(done, ['send', 'quiet'])
  turn.deferQuietly(quiet)
  turn.end()
  turn.end()
  assert.equal(ends.length, 2)
  ends[1]!()
  assert.deepEqual(done, ['send', 'quiet', 'quiet'])
  assert.equal(ends.length, 2)
})

test('it counts the turns in which somebody was answered, not those in which the rest answers', () => {
  const { turn, defer, ends } = turnWith()
  defer('answer', 'answer', () => defer('send', 'send'))
  ends.shift()!()
  assert.equal(turn.answered, 1)
  defer('write', 'write')
  defer('rest', 'rest', () => defer('send', 'send of the rest'))
  ends.shift()!()
  assert.equal(turn.answered, 1)
})
