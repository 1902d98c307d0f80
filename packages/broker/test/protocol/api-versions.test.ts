/** ApiVersions (18), and that every version that it promises is really served. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Api, ApiVersions, apiList, Produce, Reader, sliceOf, Writer, writeRequestHeader } from '@odradek/protocol'
import { handlers } from '../../src/server/handlers/index.ts'
import { oursOnly, Subject } from './subject.ts'

/** What a Kafka 4.2 broker advertises, by API key, for what is served here. */
const KAFKA_4_2: Readonly<Record<number, readonly [first: number, last: number]>> = {
  0: [0, 13],
  1: [4, 18],
  2: [1, 11],
  3: [0, 13],
  8: [2, 10],
  9: [1, 10],
  10: [0, 6],
  11: [0, 9],
  12: [0, 4],
  13: [0, 5],
  14: [0, 5],
  15: [0, 6],
  16: [0, 5],
  18: [0, 4],
  19: [2, 7],
  20: [1, 6],
  21: [0, 2],
  22: [0, 5],
  23: [2, 4],
  32: [1, 4],
  33: [0, 2],
  35: [1, 4],
  37: [0, 3],
  42: [0, 2],
  43: [0, 2],
  44: [0, 1],
  45: [0, 1],
  46: [0, 0],
  47: [0, 0],
  60: [0, 2],
  61: [0, 0],
  64: [0, 0],
  74: [0, 1],
  75: [0, 0],
}
const NAMED = { clientSoftwareName: 'wire-client', clientSoftwareVersion: '1.0' }

const subject = await Subject.start()
after(() => subject.close())

test('every version tells what is served, with the versions of Kafka 4.2, Produce from 0', async () => {
  const client = await subject.connect()
  for (let version = 0; version <= 4; version += 1) {
    const { errorCode, apiKeys } = await client.send(ApiVersions, version, NAMED)
    equal(errorCode, 0)
    const told = Object.fromEntries(
      apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]),
    )
    // A newer Kafka has one version more of DescribeLogDirs.
    if (oursOnly) told[35] = [1, 4]
    for (const { key, name } of apiList) deepEqual(told[key], KAFKA_4_2[key], `${name} in version ${version}`)
  }
})

test('only what has a handler is told', { skip: oursOnly }, async () => {
  const client = await subject.connect()
  const { apiKeys } = await client.send(ApiVersions, 4, NAMED)
  deepEqual(
    apiKeys.map(({ apiKey }) => apiKey),
    [...handlers.keys()],
  )
  equal(apiKeys.length, Object.keys(KAFKA_4_2).length)
})

test('no feature is told that does not work, and none with the minimum 0 that breaks version 3', async () => {
  const client = await subject.connect()
  const { supportedFeatures, finalizedFeatures } = await client.send(ApiVersions, 3, NAMED)
  for (const { name, minVersion } of supportedFeatures) ok(minVersion > 0, name)
  if (!oursOnly) {
    equal(
      finalizedFeatures.some(({ name }) => name === 'transaction.version'),
      false,
    )
  }
})

for (const version of [5, 127, 32767, -1]) {
  test(`version ${version} is answered in the shape of version 0: error 35 and only its own range`, async () => {
    const client = await subject.connect()
    const answer = await client.exchange(frameOf({ apiKey: 18, apiVersion: version, correlationId: 77 }, version > 3))
    const { buffer, view, start, end } = sliceOf(answer)
    const reader = new Reader(buffer, view, start, end)
    equal(reader.int32(), 77)
    const { errorCode, apiKeys } = ApiVersions.response.decode(reader, 0)
    deepEqual({ errorCode, apiKeys }, { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] })
    equal(reader.remaining, 0)
    equal((await client.send(ApiVersions, 4, NAMED)).errorCode, 0, 'the connection goes on')
  })
}

for (const name of ['', '-client', 'client-', 'my client', 'ünicode', 'a\nb']) {
  test(`a software name of ${JSON.stringify(name)} is INVALID_REQUEST`, async () => {
    const client = await subject.connect()
    const named = { clientSoftwareName: name, clientSoftwareVersion: '1.0' }
    equal((await client.send(ApiVersions, 3, named)).errorCode, 42)
    const versioned = { clientSoftwareName: 'client', clientSoftwareVersion: name }
    equal((await client.send(ApiVersions, 4, versioned)).errorCode, 42)
    equal((await client.send(ApiVersions, 0, {})).errorCode, 0, 'a client may fall back to version 0')
  })
}

test('a version of another API that is not served closes the connection, Produce below 3 too', async () => {
  for (const { key, versions } of apiList as readonly Api[]) {
    if (key === ApiVersions.key) continue
    for (const apiVersion of [versions[0] - 1, versions[1] + 1]) {
      // Kafka alone knows versions that are not stable yet.
      if (oursOnly && apiVersion > versions[1]) continue
      const client = await subject.connect()
      client.socket.write(frameOf({ apiKey: key, apiVersion, correlationId: 1 }))
      await client.ended()
    }
  }
  const client = await subject.connect()
  client.socket.write(frameOf({ apiKey: Produce.key, apiVersion: 0, correlationId: 1 }))
  await client.ended()
})

/** A request of any key and version with an empty body. */
function frameOf(header: { apiKey: number; apiVersion: number; correlationId: number }, flexible = false): Buffer {
  const writer = new Writer()
  writer.int32(0)
  writeRequestHeader(writer, { ...header, clientId: 'wire-client' }, flexible)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}
