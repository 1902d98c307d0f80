import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { spreadOf } from '../spread.ts'
import { missedLetterBounds } from './letter-bounds.ts'

const of = (value: number) => spreadOf([value])
const overview = {
  groups: 1,
  lettersOfEach: 1,
  firstMs: of(900),
  firstErrorsMs: of(1),
  againMs: of(1),
  againErrorsMs: of(1),
}
const deadLetters = {
  letters: 100_000,
  resentPerSecond: of(5_000),
  createMs: of(1),
  facetsMs: of(3_000),
  firstFacetsMs: of(100),
}
const letterScan = { letters: 1, ms: 1, megabytes: [100, 150, 150, 150, 150, 150, 160, 160, 160, 160] }

test('what holds its bounds is not named; what misses one is, and what was not measured is not', () => {
  deepEqual(missedLetterBounds({ deadLetters, overview, letterScan }), [])
  deepEqual(missedLetterBounds({ deadLetters: null, overview: null, letterScan: null }), [])
  equal(
    missedLetterBounds({ deadLetters: { ...deadLetters, resentPerSecond: of(4_999) }, overview, letterScan }).length,
    1,
  )
  equal(missedLetterBounds({ deadLetters: { ...deadLetters, facetsMs: of(3_001) }, overview, letterScan }).length, 1)
  equal(
    missedLetterBounds({ deadLetters: { ...deadLetters, firstFacetsMs: of(1_001) }, overview, letterScan }).length,
    1,
  )
  equal(missedLetterBounds({ deadLetters, overview: { ...overview, firstMs: of(1_001) }, letterScan }).length, 1)
  equal(missedLetterBounds({ deadLetters, overview: { ...overview, againErrorsMs: of(1_001) }, letterScan }).length, 1)
  const grows = { ...letterScan, megabytes: letterScan.megabytes.map((each, at) => each + at * 10) }
  deepEqual(missedLetterBounds({ deadLetters, overview, letterScan: grows }), [
    'memory of a scan, second half over first: 1.32, held against 1.1',
  ])
})
