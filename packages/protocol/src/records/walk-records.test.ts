import assert from 'node:assert/strict'
import { test } from 'node:test'
import { native } from '@odradek/native'
import { sliceOf } from '../bytes/slice.ts'
import { BatchHeader, RECORDS, readBatchHeader } from './batch.ts'
import { encodeBatch } from './encode-batch.ts'
import { Validation } from './validation.ts'
import { walkRecords, walkRecordsInScript } from './walk-records.ts'

const TIME_MS = 1_700_000_000_000
const ROUNDS = 150
const CHANGES = 50

type Draw = (below: number) => number

/** The records of a batch, without its header. */
interface Records {
  readonly bytes: Buffer
  readonly count: number
  readonly base: number
}

function drawing(seed: number): Draw {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Records of every shape: none, empty and long keys, values and headers, times before the first; now and then one of a year later. */
function someRecords(draw: Draw): Records {
  const text = () => 'x'.repeat(draw(20) === 0 ? draw(9000) : draw(90))
  const maybe = (of: number) => (draw(of) === 0 ? null : text())
  const records = Array.from({ length: 20 + draw(60) }, () => ({
    key: maybe(500),
    value: maybe(10),
    timestamp: TIME_MS + (draw(2000) === 0 ? 3e10 : draw(9) === 0 ? draw(1e9) : draw(100) - 40),
    headers: Array.from({ length: draw(4) }, () => ({ key: text(), value: maybe(3) })),
  }))
  const { buffer, view, start, end } = sliceOf(encodeBatch({ records }))
  const header = new BatchHeader()
  readBatchHeader(view, start, header)
  return {
    bytes: Buffer.from(buffer.subarray(start + RECORDS, end)),
    count: header.count,
    base: header.baseTimestamp,
  }
}

/** What a walk says of records that lie somewhere in a buffer. */
function judged(walk: typeof walkRecords, { bytes, count, base }: Records, keysRequired: boolean) {
  const buffer = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')])
  const into = new Validation()
  into.reset()
  const isWell = walk(buffer, 6, 6 + bytes.length, count, base, TIME_MS - 50, TIME_MS + 2e9, keysRequired, into)
  const { errorCode, recordIndex, blamed, text, walked, maxTimestamp } = into
  return { isWell, errorCode, recordIndex, blamed, text, walked, maxTimestamp }
}

test('with the addon and without it the same is said of records, whatever is wrong with them', {
  skip: native === null ? 'the addon is not built: both would be the same' : false,
}, () => {
  const draw = drawing(7)
  const found = { well: 0, refused: 0, changedAndWell: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const records = someRecords(draw)
    const keysRequired = draw(2) === 0
    const whole = judged(walkRecords, records, keysRequired)
    assert.deepEqual(whole, judged(walkRecordsInScript, records, keysRequired), `round ${round}`)
    found[whole.isWell ? 'well' : 'refused'] += 1
    for (let change = 0; change < CHANGES; change++) {
      const bytes = Buffer.from(records.bytes)
      const at = draw(bytes.length)
      // Where lengths and numbers lie a byte changes what follows; the last ones end in the middle of a record.
      bytes[at] = draw(3) === 0 ? draw(256) : bytes[at]! ^ (1 << draw(8))
      const changed = {
        ...records,
        bytes: draw(20) === 0 ? bytes.subarray(0, at) : bytes,
        count: records.count + (draw(30) === 0 ? draw(3) - 1 : 0),
      }
      const said = judged(walkRecords, changed, keysRequired)
      assert.deepEqual(said, judged(walkRecordsInScript, changed, keysRequired), `round ${round}, change ${change}`)
      if (said.isWell) found.changedAndWell += 1
    }
  }
  assert.ok(
    Object.values(found).every((times) => times > 10),
    JSON.stringify(found),
  )
})

test('varints that are longer than they need be, and deltas of more than 56 bits, are said the same of', () => {
  const record = (delta: number[]) => {
    const body = [0, ...delta, 0, 1, 1, 0]
    return [body.length * 2, ...body]
  }
  for (const delta of [
    [0x80, 0x80, 0x80, 0x00],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ]) {
    // Records 0 to 39, each with its offset delta behind the timestamp's.
    const bytes = Buffer.from(
      Array.from({ length: 40 }, (_, index) => {
        const one = record(delta)
        one[one.length - 4] = index * 2
        return one
      }).flat(),
    )
    const records = { bytes, count: 40, base: TIME_MS }
    assert.deepEqual(judged(walkRecords, records, false), judged(walkRecordsInScript, records, false), `${delta}`)
  }
})
