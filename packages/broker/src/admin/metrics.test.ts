import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '../start-broker.ts'
import { metricTable } from './metric-table.ts'

test('every metric of the table is there with its help and type, and none besides', async () => {
  await using broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0' } })
  const response = await fetch(`http://${broker.adminAddress}/metrics`)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type])
  assert.deepEqual(
    told,
    Object.entries(metricTable).map(([name, { type }]) => [name, type]),
  )
  for (const line of text.split('\n')) {
    if (line !== '' && !line.startsWith('#'))
      assert.match(line, /^odradek_[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[\d.e+-]+$/)
  }
})

test('names follow the conventions', () => {
  for (const [name, { type }] of Object.entries(metricTable)) {
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.match(name, /^odradek_[a-z_]+$/)
  }
})
