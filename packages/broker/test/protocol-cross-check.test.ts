/**
 * Our message tables against two independent implementations: what kafkajs and @platformatic/kafka write, we read, and
 * what we write, they read, for every API and version that both sides have.
 *
 * A request must come out as what was said, to the last byte, and be written by us as the same bytes. A response must
 * be read to its last byte, with every field in its place. The values of a message all differ, so that swapped fields show.
 */
import { deepStrictEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Api,
  apiList,
  isResponseHeaderFlexible,
  type Message,
  Reader,
  readRequestHeader,
  type Shape,
  Writer,
} from '@odradek/protocol'
import { adminExchanges } from './protocol-cross-check/admin-exchanges.ts'
import { asDecoded, asSent, assertHeard, inFull, plain } from './protocol-cross-check/compare.ts'
import { discoveryExchanges } from './protocol-cross-check/discovery-exchanges.ts'
import type { Exchange, Spoken } from './protocol-cross-check/exchange.ts'
import { groupExchanges } from './protocol-cross-check/group-exchanges.ts'
import {
  kafkajsNames,
  kafkajsRequest,
  kafkajsResponse,
  kafkajsVersions,
} from './protocol-cross-check/kafkajs-client.ts'
import { offsetExchanges } from './protocol-cross-check/offset-exchanges.ts'
import {
  platformaticCall,
  platformaticNames,
  platformaticVersions,
} from './protocol-cross-check/platformatic-client.ts'
import { recordExchanges } from './protocol-cross-check/record-exchanges.ts'
import { topicExchanges } from './protocol-cross-check/topic-exchanges.ts'

const exchanges = [
  ...recordExchanges,
  ...discoveryExchanges,
  ...groupExchanges,
  ...offsetExchanges,
  ...topicExchanges,
  ...adminExchanges,
]

describe('@platformatic/kafka', () => {
  for (const of of exchanges) {
    const { platformatic: dialect, api } = of
    if (dialect === undefined) continue
    for (const version of platformaticVersions(api.key).filter((version) => isServed(api, version))) {
      it(`${api.name} v${version}`, async () => {
        for (const message of spokenIn(of.requests, version, 'platformatic')) {
          const said = dialect.said?.(message, version) ?? message
          const call = await platformaticCall(api.key, version, sayIn(of, dialect.say, message, version))
          assertRequest(api, version, call.request, said)
          equal(call.requestHeaderHasTags, api.request.isFlexible(version), 'tags in the request header')
          equal(
            call.responseHeaderHasTags,
            isResponseHeaderFlexible(api.key, api.response.isFlexible(version)),
            'tags in the response header',
          )
        }
        const call = await platformaticCall(
          api.key,
          version,
          sayIn(of, dialect.say, spokenIn(of.requests, version, 'platformatic')[0]!, version),
        )
        for (const message of spokenIn(of.responses, version, 'platformatic')) {
          const bytes = encoded(api.response, message, version)
          const { heard, bytesRead } = call.hear(bytes)
          const sent = asSent(api.response, message, version)
          assertHeard(heard, dialect.heard?.(sent as never, version) ?? sent, platformaticNames)
          equal(bytesRead, bytes.length)
        }
      })
    }
  }
})

describe('kafkajs', () => {
  for (const of of exchanges) {
    const { kafkajs: dialect, api } = of
    if (dialect === undefined) continue
    for (const version of kafkajsVersions(api.key).filter((version) => isServed(api, version))) {
      it(`${api.name} v${version}`, async () => {
        for (const message of spokenIn(of.requests, version, 'kafkajs')) {
          const said = dialect.said?.(message, version) ?? message
          const request = sayIn(of, dialect.say, message, version)
          const reader = new Reader(await kafkajsRequest(api.key, version, request))
          const header = readRequestHeader(reader, () => api.request.isFlexible(version))
          deepStrictEqual(header, { apiKey: api.key, apiVersion: version, correlationId: 7, clientId: 'cross-check' })
          assertRequest(api, version, reader.buffer.subarray(reader.position), said)
        }
        const request = sayIn(of, dialect.say, spokenIn(of.requests, version, 'kafkajs')[0]!, version)
        for (const message of spokenIn(of.responses, version, 'kafkajs')) {
          const bytes = encoded(api.response, message, version)
          const { heard, bytesRead } = await kafkajsResponse(
            api.key,
            version,
            request,
            bytes,
            api.response.isFlexible(version),
          )
          const sent = asSent(api.response, message, version)
          assertHeard(heard, dialect.heard?.(sent as never, version) ?? sent, kafkajsNames)
          equal(bytesRead, bytes.length)
        }
      })
    }
  }
})

it('every API that a client knows is spoken', () => {
  const spoken = (client: 'kafkajs' | 'platformatic') =>
    new Set(exchanges.filter((of) => of[client] !== undefined).map(({ api }) => api.name))
  const known = (versionsOf: (apiKey: number) => readonly number[]) =>
    new Set(
      apiList.filter((api) => versionsOf(api.key).some((version) => isServed(api, version))).map(({ name }) => name),
    )
  deepStrictEqual([...known(kafkajsVersions).difference(spoken('kafkajs'))], [])
  deepStrictEqual([...known(platformaticVersions).difference(spoken('platformatic'))], [])
})

function isServed(api: Api, version: number): boolean {
  return version >= api.versions[0] && version <= api.versions[1]
}

function spokenIn<T>(all: readonly Spoken<T>[], version: number, by: 'kafkajs' | 'platformatic'): T[] {
  return all
    .filter(({ since = 0, until = Infinity, client = by }) => version >= since && version <= until && client === by)
    .map(({ message }) => message)
}

/** `say` is given the whole request, fields that the version lacks too: it may have its own way to say them. */
function sayIn<T>(of: Exchange, say: (request: never, version: number) => T, message: unknown, version: number): T {
  return say(inFull(of.api.request, message) as never, version)
}

function assertRequest(api: Api, version: number, bytes: Buffer, said: unknown): void {
  const reader = new Reader(bytes)
  const decoded = api.request.decode(reader, version)
  deepStrictEqual(plain(decoded), asDecoded(api.request, said, version))
  equal(reader.remaining, 0, 'bytes left over')
  deepStrictEqual(encoded(api.request, decoded, version).toString('hex'), bytes.toString('hex'), 'written again')
}

function encoded(message: Message<Shape>, value: unknown, version: number): Buffer {
  const writer = new Writer()
  message.encode(writer, value as never, version)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}
