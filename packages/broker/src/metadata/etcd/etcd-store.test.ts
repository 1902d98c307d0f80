import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createNodeHost } from '../../host/node/node-host.ts'
import type { EventBatch, MetadataStore, StoreErrorCode, Transaction } from '../store.ts'
import { EtcdProcess } from '../testing/etcd-process.ts'
import { metadataStoreContract } from '../testing/store-contract.ts'
import { type EtcdAddress, parseEtcdUrl } from './etcd-address.ts'
import { EtcdStore } from './etcd-store.ts'

const hasEtcd = spawnSync('etcd', ['--version']).status === 0
const skip = hasEtcd ? false : 'etcd is not installed: apt-get install etcd-server'
const { timers } = createNodeHost()
const noTls = { ca: null, cert: null, key: null }

function storeAt(etcd: EtcdProcess, address: Partial<EtcdAddress> = {}, requestTimeoutMs = 20_000): EtcdStore {
  const whole = { endpoints: [etcd.endpoint], namespace: '', credentials: null, tls: noTls, ...address }
  return new EtcdStore({ address: whole, timers, requestTimeoutMs })
}

describe('etcd', { skip }, () => {
  let etcd: EtcdProcess
  let spaces = 0
  before(async () => {
    etcd = await EtcdProcess.start()
  })
  after(() => etcd[Symbol.asyncDispose]())

  metadataStoreContract('etcd', async () => {
    spaces += 1
    const store = storeAt(etcd, { namespace: `/space-${spaces}` })
    return {
      store,
      leaseMs: 2000,
      until: (promise) => promise,
      pass: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
      compact: (revision) => store.compact(revision),
      [Symbol.asyncDispose]: () => store.close(),
    }
  })

  it('has a namespace for each cluster', async () => {
    const [a, b] = [storeAt(etcd, { namespace: '/a' }), storeAt(etcd, { namespace: '/b' })]
    await a.transact(put('/k', 'of a'))
    await b.transact(put('/k', 'of b'))
    assert.deepEqual(
      (await a.list('/')).entries.map(({ key, value }) => [key, value]),
      [['/k', 'of a']],
    )
    await Promise.all([a.close(), b.close()])
  })

  it('lists more than one page, and more bytes than one message of gRPC has', async () => {
    const store = storeAt(etcd, { namespace: '/many' })
    const value = 'x'.repeat(10_000)
    for (let at = 0; at < 1200; at += 100) {
      const success = Array.from({ length: 100 }, (_, index) => ({
        kind: 'put' as const,
        key: `/t/${String(at + index).padStart(5, '0')}`,
        value,
      }))
      await store.transact({ compares: [], success })
    }
    const { entries } = await store.list('/t/')
    assert.equal(entries.length, 1200)
    assert.ok(entries.every((entry, index) => entry.key === `/t/${String(index).padStart(5, '0')}`))
    await store.close()
  })
})

describe('a cluster of etcd that fails', { skip }, () => {
  it('is found again: watches go on, what cannot be done is refused meanwhile', async () => {
    await using etcd = await EtcdProcess.start()
    const store = storeAt(etcd)
    const { revision } = await store.transact(put('/a', '1'))
    const watcher = collect(store, revision + 1)
    await etcd.kill()
    const hasty = storeAt(etcd, {}, 300)
    await refused(hasty.transact(put('/a', '2')), 'UNAVAILABLE')
    await refused(hasty.get('/a'), 'UNAVAILABLE')
    await hasty.close()
    await etcd.startAgain()
    const { revision: next } = await store.transact(put('/b', '1'))
    await watcher.has(1)
    assert.deepEqual(
      watcher.seen.map((batch) => batch.revision),
      [next],
    )
    await store.close()
  })

  it('is given up after a while when it is silent', async () => {
    await using etcd = await EtcdProcess.start()
    const store = storeAt(etcd, {}, 500)
    await store.transact(put('/a', '1'))
    await etcd.hold()
    await refused(store.get('/a'), 'UNAVAILABLE')
    etcd.signal('SIGCONT')
    await store.close()
    const patient = storeAt(etcd)
    assert.equal((await patient.get('/a')).entry?.value, '1')
    await patient.close()
  })

  it('goes to the next member where one is away', async () => {
    await using etcd = await EtcdProcess.start()
    const store = storeAt(etcd, { endpoints: ['http://127.0.0.1:1', etcd.endpoint] })
    const watcher = collect(store, 1)
    await store.transact(put('/a', '1'))
    await store.transact(put('/a', '2'))
    await watcher.has(2)
    await store.close()
  })

  it('is spoken to by a user, whose token is renewed', async () => {
    await using etcd = await EtcdProcess.start(['--auth-token-ttl=1'])
    const open = storeAt(etcd)
    const admin = async (path: string, body: object) => {
      const response = await fetch(etcd.endpoint + path, { method: 'POST', body: JSON.stringify(body) })
      assert.equal(response.status, 200, await response.text())
    }
    await open.transact(put('/a', '1'))
    await admin('/v3/auth/user/add', { name: 'root', password: 'secret' })
    await admin('/v3/auth/role/add', { name: 'root' })
    await admin('/v3/auth/user/grant', { user: 'root', role: 'root' })
    await admin('/v3/auth/enable', {})
    await refused(open.get('/a'), 'UNAVAILABLE')
    await open.close()
    const wrong = storeAt(etcd, { credentials: { username: 'root', password: 'guess' } })
    await refused(wrong.get('/a'), 'UNAVAILABLE')
    await wrong.close()
    const store = storeAt(etcd, { credentials: { username: 'root', password: 'secret' } })
    const watcher = collect(store, 1)
    assert.equal((await store.get('/a')).entry?.value, '1')
    // Tokens are in the memory of a member: they end with it as they end with their time.
    await etcd.kill()
    await etcd.startAgain()
    await store.transact(put('/a', '2'))
    await watcher.has(2)
    await store.close()
  })
})

describe('etcd behind TLS', { skip }, () => {
  it('is trusted by its authority, and asks for a certificate', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-tls-'))
    const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1'
    const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile]
    const made = spawnSync('openssl', [...words.split(' '), ...files])
    assert.equal(made.status, 0, String(made.stderr))
    const options = [`--cert-file=${certFile}`, `--key-file=${keyFile}`, `--trusted-ca-file=${certFile}`]
    try {
      await using etcd = await EtcdProcess.start([...options, '--client-cert-auth'], { isSecure: true })
      const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')]
      const known = storeAt(etcd, { tls: { ca: cert, cert, key } })
      const watcher = collect(known, 1)
      await known.transact(put('/a', '1'))
      await watcher.has(1)
      await known.close()
      for (const tls of [noTls, { ...noTls, ca: cert }]) {
        const stranger = storeAt(etcd, { tls }, 2000)
        await refused(stranger.get('/a'), 'UNAVAILABLE')
        await stranger.close()
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

describe('the address of etcd', () => {
  it('is a URL with one member or more, and a namespace', () => {
    assert.deepEqual(parseEtcdUrl('http://a:2379'), { endpoints: ['http://a:2379'], namespace: '' })
    assert.deepEqual(parseEtcdUrl('https://a:1,b:2,[::1]:3/prod/'), {
      endpoints: ['https://a:1', 'https://b:2', 'https://[::1]:3'],
      namespace: '/prod',
    })
    assert.deepEqual(parseEtcdUrl('http://a:1,http://b:2,c:3/prod'), {
      endpoints: ['http://a:1', 'http://b:2', 'http://c:3'],
      namespace: '/prod',
    })
    assert.deepEqual(parseEtcdUrl('http://a:1/,http://b:2/,c:3/'), {
      endpoints: ['http://a:1', 'http://b:2', 'http://c:3'],
      namespace: '',
    })
    for (const text of ['', 'a:2379', 'ftp://a', 'http://', 'http://a b', 'http://a:1,https://b:2', 'http://a:1,'])
      assert.equal(parseEtcdUrl(text), null, text)
    // A namespace that holds the other members would be that of another cluster, on one member.
    for (const text of ['http://a:1/prod,http://b:2/prod', 'http://a:1/prod,b:2', 'http://a:1//,b:2', 'http://a:1/x,'])
      assert.equal(parseEtcdUrl(text), null, text)
  })
})

function put(key: string, value: string): Transaction {
  return { compares: [], success: [{ kind: 'put', key, value }] }
}

async function refused(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await assert.rejects(promise, (error: Error) => 'code' in error && error.code === code)
}

function collect(store: MetadataStore, fromRevision: number) {
  const seen: EventBatch[] = []
  let wake = () => {}
  store.watch('/', fromRevision, {
    events: (batches) => {
      seen.push(...batches)
      wake()
    },
    compacted: () => assert.fail('nothing was compacted'),
    ended: () => {},
  })
  return {
    seen,
    has: (count: number) =>
      new Promise<void>((resolve) => {
        wake = () => {
          if (seen.length >= count) resolve()
        }
        wake()
      }),
  }
}
