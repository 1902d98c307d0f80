import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeClusterEvent } from '@odradek/protocol'
import type { PlainRecord, RecordWindow } from '../topics/last-records.ts'
import { historyPage } from './cluster-history.ts'

/** A log in memory that counts what is read of it. */
class Log {
  readonly #records: PlainRecord[] = []
  read = 0
  /** What came before is gone. */
  first = 0

  happen(...epochs: readonly number[]): void {
    for (const epoch of epochs) {
      const about = { topic: 'orders', topicId: 'a', partition: 0, epoch, atMs: epoch }
      const { value } = encodeClusterEvent({ ...about, kind: 'leaderLost', before: 1, leaderEpoch: epoch })
      this.#records.push({ offset: this.#records.length, timestampMs: epoch, value })
    }
  }

  last = async ({ count, before = this.#records.length, from = 0 }: RecordWindow) => {
    const start = Math.max(this.first, before - count, from)
    const records = this.#records.slice(start, before)
    this.read += records.length
    return { records, before: start > this.first ? start : null, next: Math.max(start, before) }
  }
}

const epochs = ({ events }: { readonly events: readonly { readonly atMs: number }[] }) => events.map(({ atMs }) => atMs)

test('to a page that is known only what came since is read; together they are what reading all of it gives', async () => {
  const log = new Log()
  log.happen(1, 2, 3)
  const query = { topic: 'orders', limit: 4 }
  const first = await historyPage(log.last, query)
  assert.deepEqual([epochs(first), first.before, first.next, log.read], [[3, 2, 1], null, 3, 3])
  assert.deepEqual(await historyPage(log.last, { ...query, known: first }), first)
  assert.equal(log.read, 3, 'nothing came, nothing is read')
  // Who writes after another may repeat what that wrote last.
  log.happen(4, 3)
  const second = await historyPage(log.last, { ...query, known: first })
  assert.deepEqual([epochs(second), log.read], [[3, 4, 2, 1], 5])
  log.happen(5)
  const third = await historyPage(log.last, { ...query, known: second })
  assert.deepEqual([epochs(third), log.read], [[5, 3, 4, 2], 6])
  assert.deepEqual(third, await historyPage(log.last, query))
})

test('with a filter that little passes, what is known is not read through again; what retention took is gone', async () => {
  const log = new Log()
  log.happen(...Array.from({ length: 12_000 }, (_, epoch) => epoch))
  const query = { topic: 'other', limit: 100 }
  const known = await historyPage(log.last, query)
  assert.deepEqual([known.events, known.before, log.read], [[], null, 12_000])
  log.happen(20_000)
  const page = await historyPage(log.last, { ...query, known })
  assert.deepEqual([page.before, page.next, log.read], [null, 12_001, 12_001])
  log.happen(20_001)
  log.first = 12_001
  const all = { topic: 'orders', limit: 3 }
  const before = await historyPage(log.last, all)
  log.first = 12_002
  log.happen(20_002)
  assert.deepEqual(epochs(await historyPage(log.last, { ...all, known: before })), [20_002])
})
