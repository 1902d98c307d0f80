import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tickText, timeTicks } from './time-ticks.ts'

const at = (text: string) => Date.parse(text)
const labels = (from: string, to: string, countMax: number, zone: string) => {
  const { stepMs, moments } = timeTicks(at(from), at(to), countMax, zone)
  return moments.map((moment) => tickText(moment, stepMs, zone))
}

test('a minute that begins anywhere is labelled at round seconds', () => {
  assert.deepEqual(labels('2026-11-23T14:23:01.340Z', '2026-11-23T14:23:57Z', 6, 'UTC'), [
    '14:23:10',
    '14:23:20',
    '14:23:30',
    '14:23:40',
    '14:23:50',
  ])
})

test('a quarter of an hour is labelled at minutes, without seconds', () => {
  assert.deepEqual(labels('2026-11-23T14:11:20Z', '2026-11-23T14:26:20Z', 4, 'UTC'), ['14:15', '14:20', '14:25'])
})

test('hours are round where the zone is off by half of one, and midnight is a day', () => {
  assert.deepEqual(labels('2026-11-23T12:00:00Z', '2026-11-24T00:00:00Z', 4, 'Asia/Kolkata'), [
    '18:00',
    '21:00',
    '11-24',
    '03:00',
  ])
})

test('days begin at midnight on both sides of the night on which clocks are put back', () => {
  const { stepMs, moments } = timeTicks(at('2026-10-24T00:00:00Z'), at('2026-10-27T00:00:00Z'), 4, 'Europe/Berlin')
  assert.equal(stepMs, 86_400_000)
  assert.deepEqual(
    moments.map((moment) => new Date(moment).toISOString()),
    ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z'],
  )
})

test('never more labels than there is room for, and none outside', () => {
  for (const length of [1, 900, 7_000, 61_000, 3_700_000, 90_000_000, 3e9, 9e10]) {
    const from = at('2026-03-28T23:59:59.999Z')
    const { moments } = timeTicks(from, from + length, 4, 'Europe/Berlin')
    assert.ok(moments.length <= 5, `${length} ms: ${moments.length} labels`)
    for (const moment of moments) assert.ok(moment >= from && moment <= from + length)
  }
})
