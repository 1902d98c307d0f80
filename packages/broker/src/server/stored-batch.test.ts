import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchHeader, encodeBatch, RecordCursor, readBatchHeader, sliceOf, verifyBatchCrc } from '@odradek/protocol'
import { type CompressionConfig, storedBatch } from './stored-batch.ts'

const records = Array.from({ length: 50 }, (_, index) => ({
  key: Buffer.from(`key ${index % 5}`),
  value: Buffer.from(`value ${index} `.repeat(10)),
  timestamp: 1_700_000_000_000 + index,
}))

function compression(type: string, level = -1): CompressionConfig {
  return {
    'compression.type': type as CompressionConfig['compression.type'],
    'compression.gzip.level': level,
    'compression.zstd.level': level,
  }
}

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
      const stored = storedBatch(sent, sentId, compression(name))
      const header = new BatchHeader()
      readBatchHeader(stored.view, stored.start, header)
      assert.equal(header.codec, id)
      assert.ok(verifyBatchCrc(stored.buffer, stored.view, stored.start))
      assert.deepEqual(valuesOf(stored), valuesOf(sent))
      assert.equal(stored === sent, id === sentId, 'what is right already is not copied')
      assert.equal(storedBatch(sent, sentId, compression('producer')), sent)
    }
  })
}

for (const name of ['gzip', 'zstd']) {
  test(`compression.${name}.level decides how small ${name} becomes`, () => {
    const sent = sliceOf(encodeBatch({ records, codec: 'none' }))
    const fast = storedBatch(sent, 0, compression(name, 1))
    const small = storedBatch(sent, 0, compression(name, 9))
    assert.notEqual(fast.end - fast.start, small.end - small.start)
    assert.ok(small.end - small.start < fast.end - fast.start)
    assert.deepEqual(valuesOf(small), valuesOf(sent))
  })
}
