/** Logs in sync mode on a simulated machine, and their flush schedule. */
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { createSimHost, type SimHost } from '../../host/sim/index.ts'
import { Turn } from '../../host/turn.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { appendRecords, quiet, TOPIC_ID } from '../../storage/testing/log-kit.ts'
import { FlushSchedule } from '../flush-schedule.ts'

export const sync = resolveTopicConfig({ 'flush.mode': 'sync' })

/** Opens what is in the directory of `host` [ten logs]. */
export function openBench(host: SimHost, { logCount = 10, settings = {} as Record<string, string> } = {}) {
  const directory = LogDirectory.open({
    host,
    path: '/data',
    nodeId: 1,
    config: resolveBrokerConfig({ static: settings }),
    logger: quiet,
  })
  directory.setClusterId('c')
  const failed: Error[] = []
  /** Per log, the offset up to which it was told to be durable. */
  const told = new Map<Log, number>()
  /** Whether the journal had a round in flight each time that a log was told so. */
  const toldWhileWriting: boolean[] = []
  const schedule = new FlushSchedule({
    clock: host.clock,
    timers: host.timers,
    turn: new Turn(host.timers),
    intervalMs: () => 500,
    dirtyBytesMax: () => 1_000_000,
    flushed: (log) => {
      told.set(log, log.flushedOffset)
      toldWhileWriting.push(log.journal?.isWriting === true)
    },
    failed: (_, error) => failed.push(error),
  })
  const logs = Array.from({ length: logCount }, (_, index) => directory.openLog('t', index, TOPIC_ID, sync))
  directory.started({ has: () => true })
  const write = (log: Log, value = 'v') => {
    appendRecords(log, [{ value: `${value} ${log.partition} ${log.endOffset}` }])
    log.endTurn()
    schedule.dirtied(log)
  }
  /** Writes to all, `rounds` times, and waits until all is durable. */
  const writeAll = async (rounds = 1) => {
    for (let round = 0; round < rounds; round++) {
      for (const log of logs) write(log)
      await host.world.runUntil(() => failed.length > 0 || logs.every((log) => log.flushedOffset === log.endOffset))
    }
  }
  return { directory, schedule, logs, failed, told, toldWhileWriting, write, writeAll }
}

/** The files of the journal, without those that wait to be used again. */
export function journalNames(host: SimHost): string[] {
  return host.disk
    .list('/data/journal')
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.journal'))
}

/** A journal whose files are used again after seven rounds or so: all but the newest are done with. */
export async function openRecycling(seed: number) {
  const host = createSimHost(seed)
  const bench = openBench(host, { settings: { 'journal.bytes.max': '40000' } })
  await bench.writeAll(30)
  // What the journal has is flushed within ten seconds.
  await host.world.runFor(30_000)
  return { host, ...bench }
}
