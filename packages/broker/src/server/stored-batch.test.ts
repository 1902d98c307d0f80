import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchHeader, encodeBatch, RecordCursor, readBatchHeader, sliceOf, verifyBatchCrc } from '@odradek/protocol'
import { storedBatch } from './stored-batch.ts'

const records = Array.from({ length: 50 }, (_, index) => ({
  key: Buffer.from(`key ${index % 5}`),
  value: Buffer.from(`value ${index} `.repeat(10)),
  timestamp: 1_700_000_000_000 + index,
}))
const CODECS = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']

function valuesOf(batch: ReturnType<typeof sliceOf>): string[] {
  const cursor = new RecordCursor()
  cursor.open(batch)
  const values: string[] = []
  while (cursor.next()) values.push(`${cursor.offset} ${cursor.timestamp} ${cursor.value()}`)
  return values
}

for (const [id, name] of CODECS.entries()) {
  test(`a topic with compression.type=${name} stores every batch in it, with the records it had`, () => {
    for (const [sentId, sentName] of CODECS.entries()) {
      const sent = sliceOf(encodeBatch({ records, codec: sentName === 'uncompressed' ? 'none' : (sentName as 'gzip') }))
      const stored = storedBatch(sent, sentId, name)
      const header = new BatchHeader()
      readBatchHeader(stored.view, stored.start, header)
      assert.equal(header.codec, id)
      assert.ok(verifyBatchCrc(stored.buffer, stored.view, stored.start))
      assert.deepEqual(valuesOf(stored), valuesOf(sent))
      assert.equal(stored === sent, id === sentId, 'what is right already is not copied')
      assert.equal(storedBatch(sent, sentId, 'producer'), sent)
    }
  })
}
