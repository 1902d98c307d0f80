/** A broker whose logs take long to check after a crash answers its admin listener meanwhile, and serves in the end. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Host } from '../src/host/host.ts'
import { createNodeHost } from '../src/host/node/node-host.ts'
import { startBroker } from '../src/index.ts'
import { LogLines } from './log-lines.ts'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'odradek-recovery-'))
after(() => rmSync(dataDir, { recursive: true, force: true }))
const config = { 'admin.listener': '127.0.0.1:0' }

/** This machine, on which every look at a log takes so long that the loop gets its turn; `turn` is awaited in each. */
function slowHost(turn: () => Promise<void>): Host {
  const host = createNodeHost()
  let skew = 0
  const monotonic = () => {
    skew += 50
    return host.clock.monotonic() + skew
  }
  return {
    ...host,
    clock: { now: () => host.clock.now(), monotonic },
    timers: {
      endOfTurn: (run) => host.timers.endOfTurn(run),
      after(delayMs, run) {
        if (delayMs > 0) return host.timers.after(delayMs, run)
        turn().then(run)
        return { cancel: () => {} }
      },
    },
  }
}

test('health and metrics answer while logs are checked', async () => {
  const names: { name: string; topicId: string }[] = []
  {
    await using broker = await startBroker({ dataDir, config })
    using client = await WireClient.connect(broker.port)
    for (let at = 0; at < 3; at++) {
      const topic = await WireTopic.create(client)
      names.push(topic)
      await topic.write('here')
    }
  }
  // As a kill leaves it.
  rmSync(join(dataDir, '.kafka_cleanshutdown'))

  const lines = new LogLines()
  const told: string[] = []
  let isStarting = true
  const look = async () => {
    if (!isStarting) return
    const line = await lines.said('The admin listener tells how far the start is.')
    const { admin } = line as unknown as { admin: string }
    const health = await fetch(`http://${admin}/health`)
    equal(health.status, 503)
    const { status, problems } = (await health.json()) as { status: string; problems: string[] }
    equal(status, 'starting')
    told.push(problems.join())
    match(await (await fetch(`http://${admin}/metrics`)).text(), /^odradek_recovery_logs\{state="left"\} \d+$/m)
  }
  await using broker = await startBroker({ dataDir, config, host: slowHost(look), logger: lines.logger })
  isStarting = false
  ok(told.length >= 3, told.join('\n'))
  match(told[0]!, /: 1 of \d+ logs are open, \d+ MiB were read\.$/)
  const health = await fetch(`http://${broker.adminAddress}/health`)
  equal(((await health.json()) as { nodeId: number }).nodeId, 1)
  using client = await WireClient.connect(broker.port)
  for (const { name, topicId } of names) {
    const records = await new WireTopic(client, name, topicId).read(0)
    deepEqual(
      records.map(({ key, value }) => key ?? value),
      ['here'],
    )
  }
})
