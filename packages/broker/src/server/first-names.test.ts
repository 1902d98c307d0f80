import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { FirstNames } from './first-names.ts'

const letters = [...'thequickbrownfoxjumpsoverthelazydog']

for (const [what, names] of Object.entries({
  any: letters,
  ascending: letters.toSorted(),
  descending: letters.toSorted().reverse(),
  equal: letters.map(() => 'a'),
})) {
  test(`the first of names in ${what} order are those that sorting all of them gives`, () => {
    const all = [...new Set(names)].sort()
    for (const max of [1, 2, 5, 26, 100]) {
      const first = new FirstNames(max)
      for (const name of names) first.add(name)
      deepEqual(first.sorted(), all.slice(0, max))
    }
  })
}
