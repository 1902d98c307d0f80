import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyOptions, anyRecord, sampleRecords } from '../../test/record-samples.ts'
import { sliceOf, viewOf } from '../bytes/slice.ts'
import { BatchHeader, readBatchHeader, verifyBatchCrc } from './batch.ts'
import { codecNamed, codecs } from './codecs.ts'
import { encodeEndTransactionMarker } from './control.ts'
import { encodeBatch } from './encode-batch.ts'
import { recompress } from './recompress.ts'

test('another codec keeps everything but size, codec bits and CRC', () => {
  fc.assert(
    fc.property(
      anyOptions,
      fc.array(anyRecord, { maxLength: 10 }),
      fc.constantFrom(...codecs),
      (options, records, target) => {
        const source = encodeBatch({ ...options, records })
        const padded = { ...sliceOf(Buffer.concat([Buffer.alloc(9), source])), start: 9 }
        const made = recompress(padded, target)
        assert.equal(verifyBatchCrc(made, viewOf(made), 0), true)
        const [before, after] = [new BatchHeader(), new BatchHeader()]
        readBatchHeader(padded.view, 9, before)
        readBatchHeader(viewOf(made), 0, after)
        assert.equal(after.codec, records.length === 0 ? 0 : target.id)
        assert.equal(after.sizeInBytes, made.length)
        const same = { length: 0, crc: 0, attributes: 0 }
        assert.deepEqual({ ...after, ...same }, { ...before, ...same })
        assert.equal(after.attributes & ~7, before.attributes & ~7)
        const back = recompress(sliceOf(made), codecNamed('none'))
        assert.ok(back.equals(recompress(padded, codecNamed('none'))), 'the records are the same bytes')
        assert.ok(made.equals(encodeBatch({ ...options, records, codec: target.name })))
      },
    ),
  )
})

test('compacted batches keep their gaps', () => {
  const records = [
    { key: 'a', offsetDelta: 3 },
    { key: 'b', offsetDelta: 8 },
  ]
  const batch = encodeBatch({ records, baseOffset: 40, lastOffsetDelta: 11, codec: 'gzip' })
  const made = recompress(sliceOf(batch), codecNamed('zstd'))
  assert.ok(made.equals(encodeBatch({ records, baseOffset: 40, lastOffsetDelta: 11, codec: 'zstd' })))
})

test('a level reaches the codec', () => {
  const batch = encodeBatch({ records: sampleRecords(300) })
  const level = (value: number) => recompress(sliceOf(batch), codecNamed('gzip'), value)
  assert.ok(level(9).equals(encodeBatch({ records: sampleRecords(300), codec: 'gzip', level: 9 })))
  assert.ok(level(9).length < level(1).length)
})

test('control batches stay as they are', () => {
  const marker = encodeEndTransactionMarker({
    committed: true,
    producerId: 1,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: 5,
  })
  assert.ok(recompress(sliceOf(marker), codecNamed('gzip')).equals(marker))
})

test('a batch that inflates beyond the bound is refused', () => {
  const batch = encodeBatch({ records: [{ value: Buffer.alloc(100_000) }], codec: 'zstd' })
  assert.throws(() => recompress(sliceOf(batch), codecNamed('gzip'), undefined, 10_000), { reason: 'too large' })
})
