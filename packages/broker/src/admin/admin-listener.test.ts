/** What the admin listener makes of requests that nobody of the house sends. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type AdminListener, openAdminListener } from './admin-listener.ts'
import type { AdminRoute } from './admin-route.ts'

describe('the admin listener', () => {
  const done: unknown[] = []
  let admin: AdminListener

  before(async () => {
    const answer: AdminRoute['answer'] = ({ body }) => {
      done.push(body)
      return { body: { done: true } }
    }
    const routes: AdminRoute[] = [{ method: 'POST', path: '/v1/delayed/recall', summary: 'Recalls.', answer }]
    const unused = () => assert.fail('nobody asked for it')
    admin = await openAdminListener({ host: '127.0.0.1', port: 0 }, { health: unused, metrics: unused, routes })
  })
  after(() => admin.close())

  const post = (headers: Record<string, string>, body: string) =>
    fetch(`http://${admin.address}/v1/delayed/recall`, { method: 'POST', headers, body })

  it('does nothing for a page that somebody looks at: browsers send what it likes to the machine itself', async () => {
    for (const origin of ['https://elsewhere.example', 'null', `http://${admin.address}`]) {
      const response = await post({ origin, 'content-type': 'text/plain' }, '{"topic":"reminders"}')
      assert.equal(response.status, 403)
      assert.match(
        ((await response.json()) as { error: string }).error,
        /^A page of .+ may not change anything here\.$/,
      )
    }
    assert.deepEqual(done, [])
    assert.equal((await post({}, '{"topic":"reminders"}')).status, 200)
    assert.deepEqual(done, [{ topic: 'reminders' }])
  })

  it('says that a body is too long, also to who has not sent all of it yet', async () => {
    const response = await post({}, JSON.stringify('x'.repeat(32 * 1024 * 1024)))
    assert.equal(response.status, 413)
    assert.match(((await response.json()) as { error: string }).error, /^The body may have 1048576 bytes at most\.$/)
  })
})
