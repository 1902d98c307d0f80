/**
 * The broker keeps the distance to the reference server that its rows allow. A machine that others use slows both, now and
 * then one of them, so that one good round is enough; a broker that became slow has none. The reference gives its files back at
 * once and so writes to the same memory again, the broker to what a virtual machine may have taken back since it was used: a
 * round that fell short is followed by one on memory that was written to just before.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Contestant } from '../src/contestant.ts'
import { drive } from '../src/drive.ts'
import { loadRows } from '../src/rows.ts'
import { ServerProcess } from '../src/server-process.ts'
import { touchMemory } from '../src/touch-memory.ts'

const ROUNDS_MAX = 12
/** More than a server writes in a round. */
const TOUCHED_GIBIBYTES = 2
const TIMES = { warmupSeconds: 0.2, seconds: 0.4 }
/** One of each kind. */
const ROWS =
  /^produce 16 KiB(?: of 100 B records)?, 1 p|^produce 64 KiB, 16 p|^produce one 1 KiB record, (?:1 p|flushed)|^fetch/

describe('the least that the broker reaches of the reference', () => {
  let servers: { broker: ServerProcess; reference: ServerProcess }

  before(async () => {
    servers = { broker: await ServerProcess.broker(), reference: await ServerProcess.reference() }
  })

  after(async () => {
    await servers.broker[Symbol.asyncDispose]()
    await servers.reference[Symbol.asyncDispose]()
  })

  for (const { name, load, floor } of loadRows.filter((row) => ROWS.test(row.name))) {
    test(`${name}: ${floor} of its MB/s`, async () => {
      const megabytesPerSecond = async (server: Contestant['name'] & keyof typeof servers) => {
        const { host, port, pid } = servers[server]
        return (await drive({ name: server, host, port, pids: [pid] }, load, TIMES)).megabytesPerSecond
      }
      const ratios: number[] = []
      while (ratios.length < ROUNDS_MAX && !ratios.some((ratio) => ratio >= floor!)) {
        if (ratios.length > 0) touchMemory(TOUCHED_GIBIBYTES)
        ratios.push((await megabytesPerSecond('broker')) / (await megabytesPerSecond('reference')))
      }
      assert.ok(Math.max(...ratios) >= floor!, `in ${ROUNDS_MAX} rounds: ${ratios.map((ratio) => ratio.toFixed(2))}`)
    })
  }
})
