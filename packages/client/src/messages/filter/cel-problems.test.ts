import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordCursor } from '@odradek/protocol'
import { CelFilter, FilterError } from './cel-filter.ts'

const filterOf = (expression: string) =>
  new CelFilter(expression, { key: 'auto', value: 'auto' }, { get: () => undefined })

test('an expression that cannot be read is told what is wrong, and where', () => {
  const told: Readonly<Record<string, string>> = {
    'value.a = 1': 'A single = does not compare: write == (line 1, column 9)',
    'value.a === 1': 'Write == instead of === (line 1, column 9)',
    'value.a == 1 AND true': 'Write && instead of AND (line 1, column 14)',
    'value.a >': 'Nothing stands after > (line 1, column 9)',
    'value. ==': 'What stands after . cannot be read (line 1, column 6)',
    'value["a"': 'What stands after [ cannot be read (line 1, column 6)',
    '(1': 'The expression ends too early (line 1, column 3)',
    '"abc': 'A string does not end (line 1, column 1)',
    "value.a == 'a": 'A string does not end (line 1, column 9)',
    'value.a == "': 'A string does not end (line 1, column 9)',
    'value.a == "a\\" && true': 'A string does not end (line 1, column 9)',
    'value.a "x"': 'A string cannot stand here (line 1, column 9)',
    "value.a == 'x' 'y'": 'A string cannot stand here (line 1, column 16)',
    'value.a == 1 true': 'true cannot stand here (line 1, column 14)',
    'value.a =< 1': 'Write <= instead of =< (line 1, column 9)',
    'value.a =~ "x"': 'Write matches() instead of =~ (line 1, column 9)',
    '@': '@ cannot stand here (line 1, column 1)',
    '1 == 1 &&\n  ?': 'What stands after && cannot be read (line 1, column 8)',
    '[1,\n 2 nix]': 'nix cannot stand here (line 2, column 4)',
    if: 'reserved identifier (line 1, column 1)',
  }
  for (const [expression, message] of Object.entries(told)) {
    assert.throws(
      () => filterOf(expression),
      (error) => error instanceof FilterError && error.message === message,
      expression,
    )
  }
})

test('why a record cannot be decided is told without the signs of the evaluator', () => {
  const value = Buffer.from('{"a":"x","n":1}')
  const cursor = { buffer: value, keyStart: -1, keyEnd: -1, valueStart: 0, valueEnd: value.length }
  const problemOf = (expression: string) => {
    const filter = filterOf(expression)
    assert.equal(filter.matches(cursor as RecordCursor, 'orders', 0), false)
    return filter.firstProblem
  }
  assert.equal(problemOf('value.a > 1'), '> does not take (string, int)')
  assert.equal(problemOf('!value.a'), '! does not take (string)')
  assert.equal(problemOf('-value.a == 1'), '- does not take (string)')
  assert.equal(problemOf('value.a ? true : false'), '?: does not take (string)')
  assert.equal(problemOf('value.matches("x")'), 'matches does not take map(dyn, dyn).(string)')
  assert.equal(problemOf('value.z == 1'), 'field not found: z')
})
