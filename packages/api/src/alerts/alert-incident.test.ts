import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AlertIncident, ATTEMPTS_MAX, attempted, dueDelivery, judge } from './alert-incident.ts'
import { claimed, LEASE_MS, released } from './alert-lease.ts'
import { type AlertRule, isInScope } from './alert-rule.ts'

const rule: AlertRule = {
  id: '3f0d7a52-5f0c-4d0e-9f63-0a3f0a3e2b11',
  name: 'Billing is behind',
  kind: 'lag',
  scope: 'billing*',
  threshold: 100,
  forMs: 60_000,
  windowMs: 3_600_000,
  isEnabled: true,
  webhook: { shown: 'https://example.org/…', isSigned: true, sealed: 'x' },
  updatedAtMs: 0,
  updatedBy: 'ada',
}

/** Judges one round after another, as whoever evaluates does. */
function evaluator(given: AlertRule = rule) {
  const pending = new Map<string, number>()
  const incidents = new Map<string, AlertIncident>()
  let ids = 0
  return {
    incidents,
    round(nowMs: number, values: Record<string, number>, problem: string | null = null, now: AlertRule = given) {
      const open = new Map(
        [...incidents.values()].filter(({ state }) => state === 'firing').map((each) => [each.subject, each]),
      )
      const measured = { values: new Map(Object.entries(values)), problem }
      const changed = judge({ rule: now, measured, open, pending, nowMs, newId: () => `id ${++ids}` })
      for (const incident of changed) incidents.set(incident.id, incident)
      return changed.map(({ subject, state, value }) => [subject, state, value])
    },
  }
}

test('it fires once it has held for as long as the rule says, and is resolved when the value falls', () => {
  const { round, incidents } = evaluator()
  assert.deepEqual(round(0, { billing: 150, 'billing-eu': 3 }), [])
  assert.deepEqual(round(30_000, { billing: 160, 'billing-eu': 3 }), [])
  assert.deepEqual(round(60_000, { billing: 170, 'billing-eu': 3 }), [['billing', 'firing', 170]])
  assert.deepEqual(round(65_000, { billing: 171, 'billing-eu': 3 }), [], 'a little more is not written')
  assert.deepEqual(round(70_000, { billing: 400, 'billing-eu': 3 }), [['billing', 'firing', 400]])
  assert.deepEqual(round(75_000, { billing: 99, 'billing-eu': 3 }), [['billing', 'resolved', 99]])
  assert.deepEqual(round(80_000, { billing: 99 }), [])
  const [incident] = [...incidents.values()]
  assert.equal(incidents.size, 1)
  assert.deepEqual(
    [incident?.sinceMs, incident?.firedAtMs, incident?.firedValue, incident?.peakValue, incident?.resolvedBy],
    [0, 60_000, 170, 400, 'value'],
  )
  assert.deepEqual(
    incident?.deliveries.map(({ about, state }) => [about, state]),
    [
      ['firing', 'waiting'],
      ['resolved', 'waiting'],
    ],
  )
})

test('a dip in between begins the wait anew; what cannot be measured changes nothing', () => {
  const { round } = evaluator()
  round(0, { billing: 150 })
  round(30_000, { billing: 50 })
  assert.deepEqual(round(61_000, { billing: 150 }), [])
  assert.deepEqual(round(121_000, { billing: 150 }), [['billing', 'firing', 150]])
  assert.deepEqual(round(130_000, {}, 'The cluster is away.'), [])
  assert.deepEqual(round(140_000, {}), [['billing', 'resolved', 0]])
})

test('a rule that is turned off resolves what fires by it', () => {
  const at = { ...rule, forMs: 0, webhook: null }
  const { round, incidents } = evaluator(at)
  assert.deepEqual(round(0, { billing: 100 }), [['billing', 'firing', 100]])
  assert.deepEqual(round(5_000, {}, null, { ...at, isEnabled: false }), [['billing', 'resolved', 100]])
  assert.deepEqual([...incidents.values()][0]?.deliveries, [])
})

test('a delivery is tried again after longer and longer pauses, five times in all, and in order', () => {
  const { round, incidents } = evaluator({ ...rule, forMs: 0 })
  round(0, { billing: 100 })
  round(10_000, { billing: 1 })
  let [incident] = [...incidents.values()] as [AlertIncident]
  const refused = { status: 503, error: 'It answers 503.', isFinal: false }
  const times: number[] = []
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += 1_000) {
    const due = dueDelivery(incident, nowMs)
    if (due === null || due.about !== 'firing') continue
    times.push(nowMs)
    incident = attempted(incident, due.id, refused, nowMs)
  }
  assert.deepEqual(times, [0, 5_000, 35_000, 155_000, 755_000])
  assert.equal(times.length, ATTEMPTS_MAX)
  assert.deepEqual(
    incident.deliveries.map(({ state }) => state),
    ['failed', 'waiting'],
  )
  const due = dueDelivery(incident, 3_600_000)
  assert.equal(due?.about, 'resolved')
  const done = attempted(incident, due.id, { status: 204, error: null, isFinal: true }, 3_600_000)
  assert.deepEqual([done.deliveries[1]?.state, dueDelivery(done, 9e9)], ['sent', null])
})

test('a claim holds while the lease is free, its own or over, by the times of one clock', () => {
  const a = { runner: 'a', name: 'one' }
  const b = { runner: 'b', name: 'other' }
  const first = claimed(null, a, 1_000)
  assert.deepEqual(claimed(first, b, 1_000 + LEASE_MS - 1), first)
  assert.equal(claimed(first, b, 1_000 + LEASE_MS).runner, 'b')
  assert.equal(claimed(first, a, 5_000).untilMs, 5_000 + LEASE_MS)
  assert.deepEqual([released(first, 'b'), released(first, 'a')], [first, null])
})

test('a scope is a name with stars', () => {
  const yes = [
    ['', 'x'],
    ['*', 'x'],
    ['billing', 'billing'],
    ['bill*', 'billing'],
    ['*ing', 'billing'],
    ['b*l*g', 'billing'],
    ['a**b', 'ab'],
  ]
  const no = [
    ['billing', 'billing-eu'],
    ['b*b', 'b'],
    ['*x*', 'billing'],
    ['a*b*a', 'aba-b'],
    ['.*', 'billing'],
  ]
  for (const [scope = '', name = ''] of yes) assert.equal(isInScope(scope, name), true, `${scope} means ${name}`)
  for (const [scope = '', name = ''] of no) assert.equal(isInScope(scope, name), false, `${scope} and ${name}`)
})
