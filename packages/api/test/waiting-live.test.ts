/** What waits, told anew when it has changed: every live view of delayed messages and of retries, against a broker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterConfigs, createTopic, produceMessage } from '@odradek/client'
import { createCaller, createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'
const text = (value: string) => ({ format: 'text', text: value }) as const
const header = (key: string, value: string) => ({ key, value: text(value) })

/** What views tell, one after the other. `until` looks at the cluster again and again until the one that is meant is told. */
function follow<View>(look: () => Promise<unknown>, views: AsyncIterable<View | null>) {
  const iterator = views[Symbol.asyncIterator]()
  let next = iterator.next()
  return {
    async until(isMeant: (view: View | null) => boolean): Promise<View | null> {
      for (;;) {
        const told = next.then(
          () => true,
          () => true,
        )
        const looked = () =>
          look().then(
            () => false,
            () => false,
          )
        while (!(await Promise.race([told, looked()])));
        const { done, value } = await next
        assert.notEqual(done, true, 'a view ends only with its page')
        next = iterator.next()
        if (isMeant(value)) return value
      }
    },
  }
}

const LIMIT = { timeout: 60_000 }

test(
  'what waits and the retries are told when they change, and that they cannot be had when the broker is away',
  LIMIT,
  async () => {
    await using scene = await ConsoleScene.open({
      broker: { config: { 'admin.listener': '127.0.0.1:0' } },
      adminAddress: true,
    })
    const { cluster: kafka, sampler } = scene.console.session(cluster)
    await createTopic(kafka, { name: 'reminders', partitions: 1, configs: { 'message.type': 'DELAY' } })
    await alterConfigs(kafka, { type: 'group', name: 'billing' }, [{ name: 'retry.delay.levels', value: '1h' }])
    const retries = { 'message.type': 'RETRY', 'retry.group': 'billing' }
    await createTopic(kafka, { name: 'retry.billing', partitions: 1, configs: retries })
    using page = new DisposableStack()
    const gone = new AbortController()
    page.defer(() => gone.abort())
    const context = await createContext(scene.console, { header: () => null, remoteAddress: '127.0.0.1' })
    const { delayed, retries: retried } = createCaller(context, { signal: gone.signal })
    const look = () => sampler.take()
    const at = { cluster, topic: 'reminders' }
    const topics = follow(look, await delayed.topicsLive({ cluster }))
    const timeline = follow(look, await delayed.timelineLive(at))
    const list = follow(look, await delayed.listLive(at))
    const one = follow(look, await delayed.getLive({ ...at, partition: 0, offset: 0 }))
    const groups = follow(look, await retried.listLive({ cluster }))
    const records = follow(look, await retried.recordsLive({ cluster, topic: 'retry.billing' }))
    await list.until((view) => view?.records.length === 0)
    assert.deepEqual(await one.until((view) => view !== null), { record: null }, 'that nothing waits there is told')
    await records.until((view) => view?.rows.length === 0)

    const due = Date.now() + 3_600_000
    const headers = [header('TIMER_DELIVER_MS', String(due))]
    await produceMessage(kafka, { topic: 'reminders', key: text('anna'), value: text('call'), headers })
    await produceMessage(kafka, { topic: 'retry.billing', key: text('o1'), value: text('{}'), headers: [] })
    await topics.until((view) => view?.topics.find(({ topic }) => topic === 'reminders')?.waiting === 1)
    await timeline.until((view) => view?.counts.reduce((sum, count) => sum + count, 0) === 1)
    const waiting = await list.until((view) => view?.records.length === 1)
    assert.deepEqual(
      waiting?.records.map(({ key, due: when }) => [key, when]),
      [['anna', due]],
    )
    const looked = await one.until((view) => view?.record != null)
    assert.equal(looked?.record?.value.text, 'call')
    const group = await groups.until((view) => view?.rows[0]?.waiting === 1)
    assert.equal(group?.rows[0]?.group, 'billing')
    const tries = await records.until((view) => view?.rows.length === 1)
    assert.deepEqual(
      tries?.rows.map(({ key }) => key),
      ['o1'],
    )

    await scene.broker.close()
    await Promise.all([topics, list, records].map((view) => view.until((told: unknown) => told === null)))
    await groups.until((view) => view?.reason != null)
  },
)
