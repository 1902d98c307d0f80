import assert from 'node:assert/strict'
import { test } from 'node:test'
import { href, nameOf } from './href.ts'
import { recordAddress } from './record-address.ts'
import { odradekCommand } from './shell-command.ts'

const awkward = '%DLQ%a/b 订单'

test('a name is encoded exactly once, and comes back', () => {
  const address = href.topic('local', awkward, 'partitions')
  assert.equal(address, '/local/topics/%25DLQ%25a%2Fb%20%E8%AE%A2%E5%8D%95/partitions')
  assert.equal(nameOf(address.split('/')[3]!), awkward)
  assert.equal(nameOf('100%'), '100%')
})

test('a name of dots is no way out of its folder', () => {
  for (const name of ['.', '..', '...']) {
    const { pathname } = new URL(`http://console${href.topic('local', name)}`)
    // A browser takes %2e%2e for the folder above as well; no Kafka topic may be called so.
    if (name === '...') assert.equal(nameOf(pathname.split('/')[3]!), name)
    else assert.ok(pathname.startsWith('/local/'))
  }
})

test('a record by its address: as written, as logs write it, as pasted', () => {
  assert.deepEqual(recordAddress('orders/3@1842'), { topic: 'orders', partition: 3, offset: '1842' })
  assert.deepEqual(recordAddress(' orders-eu-3@1842 '), { topic: 'orders-eu', partition: 3, offset: '1842' })
  assert.deepEqual(recordAddress(`${awkward}/0@9007199254740993`), {
    topic: awkward,
    partition: 0,
    offset: '9007199254740993',
  })
  const pasted = `http://127.0.0.1:8080${href.record('local', awkward, 7, 12)}`
  assert.deepEqual(recordAddress(pasted), { topic: awkward, partition: 7, offset: '12' })
  for (const text of ['orders', 'orders@1', 'orders/3', '@3', 'orders/x@1']) assert.equal(recordAddress(text), null)
})

test('a command can be pasted, whatever the name', () => {
  assert.equal(
    odradekCommand(['a:1', 'b:2'], 'topics', 'delete', "it's 订单"),
    `odradek topics delete 'it'\\''s 订单' --bootstrap a:1,b:2`,
  )
})
