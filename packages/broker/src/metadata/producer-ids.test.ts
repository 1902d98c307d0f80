import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ProducerIds } from './producer-ids.ts'
import { openStore, startHost } from './testing/simulated-metadata.ts'

describe('producer ids', () => {
  it('are handed out once each, from blocks', async () => {
    const host = startHost()
    const store = openStore(host)
    const [first, second] = [new ProducerIds(store), new ProducerIds(store)]
    const take = (ids: ProducerIds, count: number) => Promise.all(Array.from({ length: count }, () => ids.next()))
    const taken = await host.world.complete(Promise.all([take(first, 1500), take(second, 1500), take(first, 700)]))
    assert.equal(new Set(taken.flat()).size, 3700)
    assert.ok(taken.flat().every((id) => Number.isInteger(id) && id >= 0 && id < 5000))
    assert.ok((await store.list('')).revision <= 5, 'one write per block')
  })

  it('are not handed out again after a crash', async () => {
    let total = 0
    for (let seed = 1; seed <= 20; seed++) {
      let host = startHost(seed)
      const taken: number[] = []
      for (let life = 0; life < 4; life++) {
        host.disk.crashAt(host.disk.calls + 3 + ((3 * seed + 5 * life) % 20))
        let settled = false
        const work = async () => {
          const ids = new ProducerIds(openStore(host))
          for (let i = 0; i < 2500; i++) taken.push(await ids.next())
        }
        work().then(
          () => (settled = true),
          () => (settled = true),
        )
        await host.world.runUntil(() => settled || !host.alive)
        host = host.reboot()
      }
      assert.equal(new Set(taken).size, taken.length, `seed ${seed}`)
      total += taken.length
    }
    assert.ok(total > 20 * 2500, `${total} ids`)
  })
})
