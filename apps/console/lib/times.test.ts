import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTime, relativeTime, shownAgain, timeText, zoneLabel } from './times.ts'

const noon = Date.UTC(2026, 10, 23, 12, 0, 5, 67)

test('a moment is written in its zone, to the millisecond', () => {
  assert.equal(timeText(noon, 'UTC', 'ms'), '2026-11-23 12:00:05.067')
  assert.equal(timeText(noon, 'Asia/Shanghai', 's'), '2026-11-23 20:00:05')
  assert.equal(timeText(noon, 'America/St_Johns', 'minute'), '2026-11-23 08:30')
  assert.equal(timeText(Date.UTC(2026, 0, 1), 'UTC', 'clock'), '00:00:00')
})

test('what is no moment is not written as one', () => {
  for (const at of [-1, Number.NaN, Number.POSITIVE_INFINITY, 9e15]) assert.equal(timeText(at, 'UTC'), '—')
})

test('typed moments: ISO in the zone of the page or with its own offset, epochs, durations', () => {
  assert.equal(parseTime('2026-11-23 12:00:05.067', 'UTC', 0), noon)
  assert.equal(parseTime('2026-11-23T20:00:05.067', 'Asia/Shanghai', 0), noon)
  assert.equal(parseTime('2026-11-23T12:00:05.067Z', 'Asia/Shanghai', 0), noon)
  assert.equal(parseTime('2026-11-23T14:00:05.067+02:00', 'UTC', 0), noon)
  assert.equal(parseTime('2026-11-23T08:30:05.067-0330', 'UTC', 0), noon)
  assert.equal(parseTime(String(noon), 'UTC', 0), noon)
  assert.equal(parseTime('1795435205', 'UTC', 0), 1_795_435_205_000)
  assert.equal(parseTime('2h ago', 'UTC', noon), noon - 7_200_000)
  assert.equal(parseTime('90s', 'UTC', noon), noon - 90_000)
  assert.equal(parseTime('now', 'UTC', noon), noon)
})

test('a clock that is put forward or back is read as people read it', () => {
  // Berlin: summer time until 2026-10-25 03:00, which is 01:00 UTC.
  assert.equal(parseTime('2026-10-25 01:30', 'Europe/Berlin', 0), Date.UTC(2026, 9, 24, 23, 30))
  assert.equal(parseTime('2026-10-25 03:30', 'Europe/Berlin', 0), Date.UTC(2026, 9, 25, 2, 30))
  assert.equal(parseTime('2026-03-29 03:30', 'Europe/Berlin', 0), Date.UTC(2026, 2, 29, 1, 30))
})

test('what clocks show twice is the first of both, and the second is known', () => {
  const first = Date.UTC(2026, 9, 25, 0, 30)
  assert.equal(parseTime('2026-10-25 02:30', 'Europe/Berlin', 0), first)
  assert.equal(shownAgain(first, 'Europe/Berlin'), first + 3_600_000)
  assert.equal(shownAgain(first + 3_600_000, 'Europe/Berlin'), null)
  assert.equal(parseTime('2026-10-25T02:30+01:00', 'Europe/Berlin', 0), first + 3_600_000)
  assert.equal(parseTime('2026-11-01 01:59:59.999', 'America/New_York', 0), Date.UTC(2026, 10, 1, 5, 59, 59, 999))
  const lordHowe = parseTime('2026-04-05 01:45', 'Australia/Lord_Howe', 0)!
  assert.equal(shownAgain(lordHowe, 'Australia/Lord_Howe'), lordHowe + 1_800_000)
  // Clocks never show half past two when they are put forward.
  assert.equal(
    timeText(parseTime('2026-03-29 02:30', 'Europe/Berlin', 0)!, 'Europe/Berlin', 'minute'),
    '2026-03-29 03:30',
  )
  assert.equal(shownAgain(noon, 'Europe/Berlin'), null)
  assert.equal(shownAgain(noon, 'UTC'), null)
})

test('what is no moment is refused, not guessed', () => {
  for (const text of ['', 'yesterday-ish', '2026-02-30', '2026-13-01', '2026-11-23 24:15:00', '12:00', '123']) {
    assert.equal(parseTime(text, 'UTC', noon), null, text)
  }
})

test('how far away a moment is, in both languages', () => {
  assert.equal(relativeTime(noon - 125_000, noon, 'en'), '2 minutes ago')
  assert.equal(relativeTime(noon + 3_600_000, noon, 'en'), 'in 1 hour')
  assert.equal(relativeTime(noon - 125_000, noon, 'zh'), '2分钟前')
})

test('a zone is called by its city and present offset', () => {
  assert.equal(zoneLabel('UTC', noon), 'UTC')
  assert.equal(zoneLabel('Europe/Berlin', noon), 'Berlin UTC+1')
  assert.equal(zoneLabel('America/New_York', Date.UTC(2026, 6, 1)), 'New York UTC-4')
})
