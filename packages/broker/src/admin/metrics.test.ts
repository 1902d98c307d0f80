import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics } from '../../test/crash/create-topics.ts'
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

test('a metric of many samples is told in several pieces, with its help and type once and every sample once', async () => {
  await using broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0' } })
  const names = Array.from({ length: 450 }, (_, at) => `topic-${at}`)
  await createTopics(
    broker.port,
    names.map((name) => ({ name, partitions: 1 })),
  )
  const text = await (await fetch(`http://${broker.adminAddress}/metrics`)).text()
  const told = [...text.matchAll(/^odradek_log_size_bytes\{topic="(.*)"\} 0$/gm)].map(([, topic]) => topic)
  assert.deepEqual(told.toSorted(), names.toSorted())
  assert.equal(text.match(/# TYPE odradek_log_size_bytes /g)?.length, 1)
  assert.equal(text.match(/# HELP odradek_log_size_bytes /g)?.length, 1)
})

test('names follow the conventions', () => {
  for (const [name, { type }] of Object.entries(metricTable)) {
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.match(name, /^odradek_[a-z_]+$/)
  }
})
