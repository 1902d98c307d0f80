import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advertisedListeners, untoldListeners } from './advertised-listeners.ts'

const bound = [
  { name: 'INSIDE', host: '10.0.0.1', port: 19092 },
  { name: 'OUTSIDE', host: '0.0.0.0', port: 9092 },
  { name: 'SIX', host: '::', port: 9093 },
]

describe('listeners', () => {
  it('are told as they are bound, on all addresses as localhost, where nothing else is said', () => {
    const hosts = advertisedListeners(bound, []).map(({ host }) => host)
    assert.deepEqual(hosts, ['10.0.0.1', 'localhost', 'localhost'])
    assert.deepEqual(untoldListeners(bound, []), ['OUTSIDE', 'SIX'])
  })

  it('are told as somebody said, with their real port for 0', () => {
    const texts = ['OUTSIDE://broker.example:0', 'SIX://localhost:19093']
    const told = advertisedListeners(bound, texts).map(({ host, port }) => `${host}:${port}`)
    assert.deepEqual(told, ['10.0.0.1:19092', 'broker.example:9092', 'localhost:19093'])
    assert.deepEqual(untoldListeners(bound, texts), [], 'whoever says localhost means it')
  })
})
