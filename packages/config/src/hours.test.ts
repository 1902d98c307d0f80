import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHour, checkTimeZone, hourAt, nextTimeInHours } from './hours.ts'
import { HOUR_MS } from './units.ts'

const at = (text: string) => Date.parse(text)

test('hours and zones are checked', () => {
  for (const good of ['04', '4', '0', '23']) assert.equal(checkHour(good), null, good)
  for (const bad of ['24', '-1', '4:00', '', '1-5']) assert.match(checkHour(bad) ?? '', /must be hours of the day/, bad)
  for (const good of ['local', 'UTC', 'Asia/Shanghai', '+05:30']) assert.equal(checkTimeZone(good), null, good)
  assert.match(checkTimeZone('Mars/Olympus') ?? '', /must be local or the name of a time zone.*Mars\/Olympus/)
})

test('the hour is that of the zone', () => {
  const time = at('2026-03-29T00:59:59.999Z')
  assert.deepEqual(
    ['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'America/New_York', 'Europe/Berlin'].map((zone) => hourAt(time, zone)),
    [0, 8, 6, 20, 1],
  )
  assert.equal(hourAt(at('2026-03-29T01:00:00Z'), 'Europe/Berlin'), 3, 'the clocks went forward')
})

test('the next time is now within the hour, else when the hour begins', () => {
  const next = (time: string, hours: string[], zone: string) =>
    new Date(nextTimeInHours(at(time), hours, zone)).toISOString()
  assert.equal(next('2026-06-01T04:59:59.999Z', ['04'], 'UTC'), '2026-06-01T04:59:59.999Z')
  assert.equal(next('2026-06-01T05:00:00Z', ['04'], 'UTC'), '2026-06-02T04:00:00.000Z')
  assert.equal(next('2026-06-01T05:00:00Z', ['04', '16'], 'UTC'), '2026-06-01T16:00:00.000Z')
  assert.equal(next('2026-06-01T00:00:00Z', ['04'], 'Asia/Kathmandu'), '2026-06-01T22:15:00.000Z')
  assert.equal(next('2026-06-01T00:00:00Z', ['00'], 'Asia/Shanghai'), '2026-06-01T16:00:00.000Z')
})

test('an hour that the clocks leave out is waited for until the next day', () => {
  const next = nextTimeInHours(at('2026-03-29T00:30:00Z'), ['02'], 'Europe/Berlin')
  assert.equal(new Date(next).toISOString(), '2026-03-30T00:00:00.000Z')
  assert.ok(next - at('2026-03-29T00:30:00Z') < 24 * HOUR_MS)
})
