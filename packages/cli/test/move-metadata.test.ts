/** From one machine to many: the metadata of `odradek up` goes into an etcd that asks for TLS and a password; the data stays. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { EtcdProcess } from '../../broker/src/metadata/testing/etcd-process.ts'
import { odradek, type Running, runOdradek } from './odradek.ts'

const hasEtcd = spawnSync('etcd', ['--version']).status === 0
const PASSWORD = 'correct horse'

async function address(running: Running): Promise<string> {
  const { value, done } = await running.stdout.next()
  assert.equal(done, false, running.stderr())
  return /^Listening on (\S+)$/.exec(value)![1]!
}

/** An etcd with a certificate of its own, in which only root with the password may do anything. */
async function startGuardedEtcd(directory: string): Promise<{ etcd: EtcdProcess; caFile: string }> {
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1'
  const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile]
  const made = spawnSync('openssl', [...words.split(' '), ...files])
  assert.equal(made.status, 0, String(made.stderr))
  const etcd = await EtcdProcess.start([`--cert-file=${certFile}`, `--key-file=${keyFile}`], { isSecure: true })
  const steps: [string, object][] = [
    ['user/add', { name: 'root', password: PASSWORD }],
    ['role/add', { name: 'root' }],
    ['user/grant', { user: 'root', role: 'root' }],
    ['enable', {}],
  ]
  for (const [path, body] of steps) {
    const posted = spawnSync('curl', [
      '-sS',
      '--fail',
      '--cacert',
      certFile,
      '-d',
      JSON.stringify(body),
      `${etcd.endpoint}/v3/auth/${path}`,
    ])
    assert.equal(posted.status, 0, String(posted.stderr))
  }
  return { etcd, caFile: certFile }
}

test('metadata is moved into an etcd with TLS and a password, and everything is kept', {
  skip: hasEtcd ? false : 'etcd is not installed: apt-get install etcd-server',
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-move-'))
  const { etcd, caFile } = await startGuardedEtcd(directory)
  try {
    const data = join(directory, 'data')
    let before: unknown
    {
      await using up = odradek(['up', '--port', '0', '--data-dir', data, '--no-console'])
      const bootstrap = ['--bootstrap', await address(up)]
      const make = ['topics', 'create', 'orders', '--partitions', '2', '--set', 'retention.ms=86400000', ...bootstrap]
      assert.equal((await runOdradek(make)).code, 0)
      const timed = ['topics', 'create', 'timed', '--set', 'message.type=DELAY', ...bootstrap]
      assert.equal((await runOdradek(timed)).code, 0)
      const produced = [
        'messages',
        'produce',
        'orders',
        '--key',
        'k',
        '--value',
        'kept',
        '--partition',
        '1',
        ...bootstrap,
      ]
      assert.equal((await runOdradek(produced)).code, 0)
      for (const set of [
        ['groups', 'config', 'billing', '--set', 'retry.max.times=3'],
        ['brokers', 'config', 'all', '--set', 'log.retention.ms=3600000'],
        ['brokers', 'config', '1', '--set', 'replica.lag.time.max.ms=20000'],
      ]) {
        const { code, stderr } = await runOdradek([...set, ...bootstrap])
        assert.equal(code, 0, stderr)
      }
      before = await told(bootstrap)
      up.process.kill('SIGTERM')
      assert.equal(await up.ended(), 0)
    }
    const store = `etcd:${etcd.endpoint}/production`
    const config = join(directory, 'broker.yaml')
    const settings = { 'metadata.store': store, 'metadata.store.ca.file': caFile, 'metadata.store.username': 'root' }
    writeFileSync(
      config,
      Object.entries(settings)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(''),
    )
    const move = ['cluster', 'move-metadata', '--data-dir', data, '--config', config]
    const stranger = await runOdradek([...move, '--set', 'metadata.store.password=guess'])
    assert.equal(stranger.code, 1)
    assert.match(stranger.stderr, /^odradek: etcd at https:\/\/127\.0\.0\.1:\d+ refuses: .*authentication failed/)
    const env = { ODRADEK_METADATA_STORE_PASSWORD: PASSWORD }
    const moved = await runOdradek(move, { env })
    assert.match(moved.stdout, /keys of cluster \S+ copied, 3 topics among them/, moved.stderr)
    assert.match((await runOdradek(move, { env })).stderr, /has the metadata of cluster .* already/)
    const own = ['--port', '0', '--data-dir', join(data, 'brokers', '1'), '--set', 'admin.listener=']
    await using broker = odradek(['broker', '--config', config, ...own], { env })
    const bootstrap = ['--bootstrap', await address(broker)]
    assert.deepEqual(await told(bootstrap), before)
    // It is alive in etcd, and can be changed there.
    assert.equal((await runOdradek(['topics', 'create', 'later', ...bootstrap])).code, 0)
  } finally {
    await etcd[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  }
})

/** What must be the same afterwards: ids, configs of every kind, and records. */
async function told(bootstrap: readonly string[]): Promise<unknown> {
  const ask = async (...words: string[]) => {
    const { code, stdout, stderr } = await runOdradek([...words, '--json', ...bootstrap])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  const [cluster, orders, timed, group, brokers, broker, record] = await Promise.all([
    ask('cluster', 'describe'),
    ask('topics', 'describe', 'orders'),
    ask('topics', 'describe', 'timed'),
    ask('groups', 'config', 'billing'),
    ask('brokers', 'config', 'all'),
    ask('brokers', 'config', '1'),
    ask('messages', 'get', 'orders/1@0'),
  ])
  assert.equal(cluster.partitions, 3)
  // Each start of a leader is an epoch of its own.
  const places = [orders, timed].map(({ partitions }) =>
    partitions.map(({ leaderEpoch: _, ...place }: { leaderEpoch: number }) => place),
  )
  const topics = [orders, timed].map(({ id, configs }) => [id, configs])
  return [cluster.clusterId, topics, places, group, brokers, broker, record.value]
}
