/** A broker that drops or corrupts is found out: the run ends with exit code 1 and says why. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Fetch, ListOffsets, Produce } from '@odradek/protocol'
import { ServerProcess } from '../src/server-process.ts'
import { runMain } from './run-main.ts'
import { type Tamper, tamperingProxy } from './tampering-proxy.ts'

const PRODUCE_ROW = '^produce 16 KiB, 1 partition$'
const RATE_ROW = 'records/s'
const FETCH_ROW = '^fetch 64 KiB$'
/** Correlation ids of the load count from 0; those of what is asked before and after begin far above. */
const LOAD_ID_MAX = 0x1000_0000

let server: ServerProcess

before(async () => {
  server = await ServerProcess.reference()
})

after(() => server[Symbol.asyncDispose]())

async function bench(port: number, row: string) {
  const words = ['--rows', row, '--rounds', '1', '--seconds', '0.3', '--warmup', '0.1', '--no-reference']
  return runMain('src/main.ts', [...words, '--bootstrap', `127.0.0.1:${port}`, '--pid', String(server.pid)])
}

/** Changes the one frame of `key` with this correlation id. */
function once(key: number, correlationId: number, change: Tamper): Tamper {
  return (frame, about) => (about.key === key && about.correlationId === correlationId ? change(frame, about) : frame)
}

/** Changes one bit of the byte at `at`. */
function flip(frame: Buffer, at: number): Buffer {
  frame[at]! ^= 1
  return frame
}

/** The last byte of the base offset in a Produce answer about one partition. */
function baseOffsetEnd(frame: Buffer): number {
  const nameBytes = frame[6]! - 1
  return 4 + 1 + 1 + 1 + nameBytes + 1 + 4 + 2 + 7
}

const cases: {
  what: string
  row: string
  request?: Tamper
  response?: Tamper
  reason: RegExp
}[] = [
  {
    what: 'an acknowledgement that is lost',
    row: PRODUCE_ROW,
    response: once(Produce.key, 20, () => null),
    reason: /an acknowledgement was lost or is out of order/,
  },
  {
    what: 'an offset that is off by one',
    row: PRODUCE_ROW,
    response: once(Produce.key, 20, (frame) => flip(frame, baseOffsetEnd(frame))),
    reason: /the offsets acknowledged are not those of the log/,
  },
  {
    what: 'an error code',
    row: PRODUCE_ROW,
    response: once(Produce.key, 20, (frame) => flip(frame, baseOffsetEnd(frame) - 8)),
    reason: /error 1 OFFSET_OUT_OF_RANGE/,
  },
  {
    what: 'a log that holds less than was acknowledged',
    row: PRODUCE_ROW,
    response: (() => {
      let asked = 0
      return (frame, { key, correlationId }) => {
        if (key !== ListOffsets.key || correlationId < LOAD_ID_MAX) return frame
        asked += 1
        if (asked === 1) return frame
        // Version 3 of the answer ends with the offset.
        const at = frame.length - 8
        frame.writeBigInt64BE(frame.readBigInt64BE(at) - 16n, at)
        return frame
      }
    })(),
    reason: /records were acknowledged, but the log grew by/,
  },
  {
    what: 'a byte that is stored wrong',
    row: PRODUCE_ROW,
    response: (frame, { key }) => (key === Fetch.key ? flip(frame, frame.length - 1000) : frame),
    reason: /the batch at offset \d+ is not as it was sent/,
  },
  {
    what: 'a byte that is lost on the way in',
    row: PRODUCE_ROW,
    request: once(Produce.key, 20, (frame) => flip(frame, frame.length - 1000)),
    reason: /The server closed a connection/,
  },
  {
    what: 'an acknowledgement that is lost at a steady rate',
    row: RATE_ROW,
    response: once(Produce.key, 20, () => null),
    reason: /an acknowledgement was lost or is out of order/,
  },
  {
    what: 'a fetch that begins elsewhere',
    row: FETCH_ROW,
    response: once(Fetch.key, 20, (frame) => flip(frame, firstBatchAt(frame) + 7)),
    reason: /the first batch has offset \d+, not \d+/,
  },
  {
    what: 'a fetch answer that is lost',
    row: FETCH_ROW,
    response: once(Fetch.key, 20, () => null),
    reason: /an answer was lost or is out of order/,
  },
]

/** Fetch version 12: behind the head of a partition and a length of three bytes. */
function firstBatchAt(frame: Buffer): number {
  const nameBytes = frame[16]! - 1
  return 4 + 1 + 4 + 2 + 4 + 1 + 1 + nameBytes + 1 + 4 + 2 + 24 + 1 + 4 + 3
}

for (const { what, row, request, response, reason } of cases) {
  test(`${what} ends the run with the reason`, async () => {
    await using proxy = await tamperingProxy(server.port, {
      ...(request && { request }),
      ...(response && { response }),
    })
    const { code, stderr } = await bench(proxy.port, row)
    assert.match(stderr, reason)
    assert.equal(code, 1)
    assert.ok(proxy.tampered > 0)
  })
}

test('a server behind the same proxy that changes nothing is measured', async () => {
  await using proxy = await tamperingProxy(server.port, {})
  const { code, stdout, stderr } = await bench(proxy.port, `${PRODUCE_ROW}|${RATE_ROW}|${FETCH_ROW}`)
  assert.equal(stderr, '')
  assert.equal(code, 0)
  assert.match(stdout, /fetch 64 KiB: broker [\d.,]+ MB\/s/)
})
