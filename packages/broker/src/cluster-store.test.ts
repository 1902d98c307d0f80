import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { serveEmbeddedStore } from './cluster-store.ts'
import { createNodeHost } from './host/node/node-host.ts'
import { brokerKey, controllerKey } from './metadata/keys.ts'
import { SocketStore } from './metadata/socket/socket-store.ts'

const HOUR_MS = 3_600_000

it('what a broker registered goes with its process, long before its lease ends', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'odradek-store-'))
  const path = join(scratch, 'store.sock')
  const { timers } = createNodeHost()
  const server = await serveEmbeddedStore({ directory: join(scratch, 'store'), path })
  const store = new SocketStore({ path, timers, requestTimeoutMs: 60_000, answerTimeoutMs: 60_000 })
  try {
    const [one, two] = [await store.grantLease(HOUR_MS), await store.grantLease(HOUR_MS)]
    const success = [
      { kind: 'put', key: brokerKey(1), value: '1', lease: one },
      { kind: 'put', key: controllerKey, value: '1', lease: one },
      { kind: 'put', key: brokerKey(2), value: '2', lease: two },
    ] as const
    await store.transact({ compares: [], success })
    await server.brokerEnded(1)
    // It was gone already, or never was.
    await server.brokerEnded(1)
    await server.brokerEnded(3)
    const { entries } = await store.list('/')
    assert.deepEqual(
      entries.map(({ key }) => key),
      [brokerKey(2)],
    )
  } finally {
    await store.close()
    await server.close()
    rmSync(scratch, { recursive: true, force: true })
  }
})
