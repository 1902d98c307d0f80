import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Api,
  apiList,
  Produce,
  Reader,
  readRequestHeader,
  sliceOf,
  Writer,
  writeRequestHeader,
} from '@odradek/protocol'
import { Random } from './random.ts'
import { validBatch } from './random-batch.ts'
import { randomFrame } from './random-request.ts'
import { Vocabulary } from './vocabulary.ts'

const PER_VERSION = 20

function frameOf(api: Api, version: number, seed: number, faultRate: number): Buffer {
  const random = new Random(seed)
  const vocabulary = new Vocabulary(['t'], ['g'])
  return randomFrame(api, version, 7, { random, vocabulary, records: validBatch, faultRate })
}

function decode(api: Api, version: number, frame: Buffer) {
  const { buffer, view } = sliceOf(frame)
  const reader = new Reader(buffer, view, 4, frame.length)
  const flexible = api.request.isFlexible(version)
  const header = readRequestHeader(reader, () => flexible)
  const request = api.request.decode(reader, version)
  return { header, request, remaining: reader.remaining }
}

test('without faults a frame is a request of its API and version, and is encoded as the protocol does', () => {
  for (const api of apiList) {
    for (let version = api.versions[0]; version <= api.versions[1]; version += 1) {
      for (let seed = 0; seed < PER_VERSION; seed += 1) {
        const frame = frameOf(api, version, seed, 0)
        const { header, request, remaining } = decode(api, version, frame)
        assert.deepEqual([header.apiKey, header.apiVersion, header.correlationId, remaining], [api.key, version, 7, 0])
        // Tags that nobody knows, and tagged fields that say their default, are not encoded again.
        if (api.request.isFlexible(version)) continue
        const writer = new Writer()
        writer.int32(0)
        writeRequestHeader(writer, header, false)
        api.request.encode(writer, request as never, version)
        writer.patchInt32(0, writer.length - 4)
        const again = writer.buffer.toString('hex', 0, writer.length)
        assert.equal(again, frame.toString('hex'), `${api.name} ${version}, seed ${seed}`)
      }
    }
  }
})

test('with faults most frames cannot be read, and the same seed gives the same bytes', () => {
  let unreadable = 0
  let frames = 0
  for (const api of apiList) {
    const version = api.versions[1]
    for (let seed = 0; seed < PER_VERSION; seed += 1) {
      const frame = frameOf(api, version, seed, 0.3)
      // Batches have the time in them.
      if (api.key !== Produce.key) assert.deepEqual(frameOf(api, version, seed, 0.3), frame)
      frames += 1
      try {
        if (decode(api, version, frame).remaining > 0) unreadable += 1
      } catch {
        unreadable += 1
      }
    }
  }
  assert.ok(unreadable > frames / 2, `${unreadable} of ${frames}`)
})
