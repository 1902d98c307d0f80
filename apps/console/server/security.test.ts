import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { isKnownHost, isOwnOrigin } from './security.ts'

function request(headers: Record<string, string>): IncomingMessage {
  return { headers } as unknown as IncomingMessage
}

test('a request is our own if its Origin is the host it asks, or it has none', () => {
  assert.equal(isOwnOrigin(request({ host: '127.0.0.1:8080' })), true)
  assert.equal(isOwnOrigin(request({ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' })), true)
  assert.equal(isOwnOrigin(request({ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8081' })), false)
  assert.equal(isOwnOrigin(request({ host: '127.0.0.1:8080', origin: 'http://evil.example' })), false)
  assert.equal(isOwnOrigin(request({ host: '127.0.0.1:8080', origin: 'null' })), false)
  assert.equal(isOwnOrigin(request({ origin: 'http://127.0.0.1:8080' })), false)
})

test('a foreign name that points at loopback is not ours', () => {
  const known = new Set(['localhost', '127.0.0.1', '[::1]'])
  assert.equal(isKnownHost(request({ host: 'localhost:8080' }), known), true)
  assert.equal(isKnownHost(request({ host: '[::1]:8080' }), known), true)
  assert.equal(isKnownHost(request({ host: 'rebound.evil.example:8080' }), known), false)
  assert.equal(isKnownHost(request({ host: 'not a host' }), known), false)
  assert.equal(isKnownHost(request({}), known), false)
})
