/** A search that is under way when the cluster goes away: what came stays, and it goes on by itself when the cluster is back. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from '@playwright/test'
import { Scene } from './scene.ts'

/** The way to the broker, as it is advertised; it can be told to pass no more than so many bytes, so that a search does not end. */
class Way {
  /** Where the broker listens. */
  port = 0
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((client) => this.#join(client))
  #left = Number.POSITIVE_INFINITY

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** From now on the broker is heard for so many bytes; then nothing comes. */
  hear(bytes: number): void {
    this.#left = bytes
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    const broker = connect(this.port, '127.0.0.1')
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
    client.on('data', (bytes) => broker.write(bytes))
    broker.on('data', (bytes) => {
      this.#left -= bytes.length
      if (this.#left > 0) client.write(bytes)
    })
  }
}

const way = new Way()
const words: string[] = []
const scene = new Scene({ broker: words })
test.beforeAll(async () => {
  words.push('--set', `advertised.listeners=PLAINTEXT://127.0.0.1:${await way.listen()}`)
  await scene.start()
  way.port = Number(scene.bootstrap.split(':')[1])
})
test.afterAll(async () => {
  await scene.stop()
  await way.close()
})

test('a search under way when the cluster goes away goes on by itself, without a gap or a repetition', async ({
  page,
}) => {
  const count = 12
  await scene.createTopic('ledger', 1)
  for (let id = 0; id < count; id++) {
    await scene.produce('ledger', [['k', `{"id":${id},"pad":"${'x'.repeat(500_000)}"}`]])
  }
  const rows = page.getByRole('table', { name: 'Messages' }).getByRole('row').filter({ hasText: '"id":' })
  const status = page.getByRole('status').filter({ hasText: /Search|away|read/ })
  way.hear(3_000_000)
  await scene.open(page, '/local/topics/ledger/messages?from=earliest&n=50')
  await expect(rows.first()).toBeVisible()
  await expect(status).toHaveText('Searching')
  await scene.stopBroker()
  await expect(status).toHaveText('The cluster is away; the search goes on by itself when it is back')
  const before = await rows.count()
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThan(count)
  way.hear(Number.POSITIVE_INFINITY)
  await scene.startBroker()
  await expect(status).toHaveText('Everything was read')
  await expect(rows).toHaveCount(count)
  for (let id = 0; id < count; id++) await expect(rows.nth(id)).toContainText(`{"id":${id},`)
})
