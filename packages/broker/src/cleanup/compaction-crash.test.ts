/** Compaction on the simulated disk, with the power cut at every system call of the job and of the swap. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { createSimHost, SimCrash, type SimHost } from '../host/sim/index.ts'
import type { Log } from '../storage/log.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { appendRecords, quiet, readAll, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { verifyLog } from '../storage/verify.ts'
import { Compaction } from './compaction.ts'

const config = resolveTopicConfig({
  'cleanup.policy': 'compact',
  'segment.bytes': '700',
  'min.cleanable.dirty.ratio': '0',
  'file.delete.delay.ms': '0',
})

function openLogOn(host: SimHost): { directory: LogDirectory; log: Log } {
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  return { directory, log: directory.openLog('t', 0, TOPIC_ID, config) }
}

function stateOf(log: Log): [string | null, string | null][] {
  return [...new Map(readAll(log).map(({ key, value }) => [key, value]))].sort()
}

function compactionOn(host: SimHost): Compaction {
  return new Compaction({
    clock: host.clock,
    disk: host.disk,
    logger: quiet,
    offload: host.offload,
    config: resolveBrokerConfig,
  })
}

describe('compaction when the machine loses power', () => {
  it('leaves a log that says the same, at every call', async () => {
    let crashes = 0
    for (let call = 0; ; call++) {
      const where = `call ${call}`
      const host = createSimHost(900 + call)
      const { log } = openLogOn(host)
      for (let index = 0; index < 45; index++)
        appendRecords(log, [
          { key: `k${index % 7}`, value: `${index}`.padEnd(60) },
          { key: `r${index % 11}`, value: 'y' },
        ])
      log.flushNow()
      const { endOffset } = log
      const state = stateOf(log)
      const compaction = compactionOn(host)
      host.disk.crashAt(host.disk.calls + 1 + call)
      try {
        compaction.consider(log, endOffset)
      } catch (error) {
        assert.ok(error instanceof SimCrash, where)
      }
      await host.world.runFor(1000)
      const crashed = !host.alive
      if (crashed) crashes++
      const next = host.reboot()
      const again = openLogOn(next)
      assert.equal(again.log.endOffset, endOffset, where)
      assert.deepEqual(stateOf(again.log), state, where)
      assert.deepEqual(
        verifyLog(next.disk, again.log.directory, { deep: true }).findings.filter(
          ({ severity }) => severity === 'error',
        ),
        [],
        where,
      )
      // The next pass ends what this one began.
      const second = compactionOn(next)
      second.consider(again.log, endOffset)
      await next.world.runFor(1000)
      assert.deepEqual(stateOf(again.log), state, where)
      const compactedTo = again.log.segments().at(-1)!.baseOffset
      const closed = readAll(again.log).filter(({ offset }) => offset < compactedTo)
      assert.equal(new Set(closed.map(({ key }) => key)).size, closed.length, `${where}: keys are unique`)
      again.directory.close()
      const last = openLogOn(next.reboot())
      assert.ok(last.directory.wasClean)
      assert.deepEqual(stateOf(last.log), state, where)
      if (!crashed) break
    }
    assert.ok(crashes > 100, `${crashes} crashes`)
  })
})
