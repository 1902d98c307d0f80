/** What the admin listener tells while logs are checked after a crash. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { LogDirectories } from '../storage/log-directories.ts'
import { appendRecords, quiet, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { openAdminListener } from './admin-listener.ts'
import { startingSources } from './starting-sources.ts'

const LOGS = 6
const config = resolveTopicConfig()
const wanted = Array.from({ length: LOGS }, (_, partition) => ({ topic: 't', partition, topicId: TOPIC_ID, config }))

function openIt(host: SimHost): LogDirectories {
  const paths = ['/a', '/b']
  const directories = LogDirectories.open({ host, paths, nodeId: 7, config: resolveBrokerConfig(), logger: quiet })
  directories.setClusterId('c')
  return directories
}

/** Directories with logs that a broker left that was killed. */
function afterCrash(): LogDirectories {
  const host = createSimHost(1)
  const before = openIt(host)
  for (const { partition } of wanted) {
    const log = before.openLog('t', partition, TOPIC_ID, config)
    appendRecords(log, [{ value: 'x'.repeat(2 ** 20) }])
    log.write()
  }
  host.crash('process')
  return openIt(host.reboot())
}

describe('a start after a crash', () => {
  it('tells over HTTP how far it is, log by log', async () => {
    const directories = afterCrash()
    const admin = await openAdminListener({ host: '127.0.0.1', port: 0 }, startingSources(directories, 7))
    const get = async (path: string) => {
      const response = await fetch(`http://${admin.address}${path}`)
      return { status: response.status, text: await response.text() }
    }
    try {
      const left: string[] = []
      await directories.openFound(wanted, async () => {
        const { status, text } = await get('/health')
        const health = JSON.parse(text)
        assert.deepEqual([status, health.status, health.nodeId, health.clusterId], [503, 'starting', 7, 'c'])
        left.push(health.problems.map((problem: string) => /: (\d of \d logs)/.exec(problem)?.[1]).join(', '))
        const metrics = await get('/metrics')
        assert.equal(metrics.status, 200)
        assert.match(metrics.text, new RegExp(`^odradek_recovery_logs\\{state="open"\\} ${left.length}$`, 'm'))
        assert.match(metrics.text, new RegExp(`^odradek_recovery_logs\\{state="left"\\} ${LOGS - left.length}$`, 'm'))
        assert.match(metrics.text, new RegExp(`^odradek_recovery_read_bytes ${left.length}\\d{6}$`, 'm'))
        assert.match(metrics.text, /^# HELP odradek_recovery_logs .+\n# TYPE odradek_recovery_logs gauge$/m)
      })
      assert.deepEqual(left, [
        '1 of 3 logs, 0 of 3 logs',
        '1 of 3 logs, 1 of 3 logs',
        '2 of 3 logs, 1 of 3 logs',
        '2 of 3 logs, 2 of 3 logs',
        '2 of 3 logs',
        '',
      ])
      const other = await get('/v1/disks')
      assert.deepEqual([other.status, /is starting/.test(other.text)], [503, true])
      admin.show({
        ...startingSources(directories, 7),
        routes: [{ method: 'GET', path: '/v1/disks', summary: '', answer: () => ({ body: { isThere: true } }) }],
      })
      assert.deepEqual(JSON.parse((await get('/v1/disks')).text), { isThere: true })
    } finally {
      await admin.close()
    }
  })
})
