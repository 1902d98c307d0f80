/** Who keeps a fetch session where there are more who fetch than places. */
import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { Fetch, type FetchRequest, Reader, Writer } from '@odradek/protocol'
import { createSimHost, SimWorld } from '../host/sim/index.ts'
import { type FetchSession, FetchSessions } from './fetch-sessions.ts'

const VERSION = 17
const TOPIC = 'AAAAAAAAAAAAAAAAAAAAAQ'
const STALE_MS = 120_000

class Places {
  readonly world = new SimWorld(1)
  readonly sessions = new FetchSessions(createSimHost(this.world), 3)

  open(replicaId = -1): FetchSession | null {
    return this.sessions.plan(request(0, 0, replicaId)).session
  }

  /** Whether the session is remembered still; it is used by that. */
  isKept(session: FetchSession): boolean {
    return this.sessions.plan(request(session.id, session.epoch)).session === session
  }
}

test('consumers beyond the last place have no session until another was silent for two minutes', async () => {
  const places = new Places()
  const [first, second, third] = [places.open()!, places.open()!, places.open()!]
  equal(places.open(), null)
  await places.world.runFor(STALE_MS - 1)
  equal(places.open(), null)
  equal(places.isKept(first), true)
  await places.world.runFor(1)
  notEqual(places.open(), null)
  equal(places.isKept(second), false)
  equal(places.isKept(third), true)
  equal(places.isKept(first), true)
})

test('a follower takes the place of the consumer that was silent for longest, and no other follower', () => {
  const places = new Places()
  const [idle, busy] = [places.open()!, places.open()!]
  const second = places.open(2)!
  equal(places.isKept(busy), true)
  const third = places.open(3)!
  equal(places.isKept(idle), false)
  equal(places.open(), null)
  const fourth = places.open(4)!
  equal(places.isKept(busy), false)
  equal(places.open(5), null)
  for (const session of [second, third, fourth]) equal(places.isKept(session), true)
  equal(places.sessions.size, 3)
})

function request(sessionId: number, sessionEpoch: number, replicaId = -1): FetchRequest {
  const topics =
    sessionId === 0 ? [{ topicId: TOPIC, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }] : []
  const writer = new Writer()
  const body = { replicaState: { replicaId }, maxWaitMs: 0, minBytes: 1, sessionId, sessionEpoch, topics }
  Fetch.request.encode(writer, body, VERSION)
  const bytes = Buffer.from(writer.buffer.subarray(0, writer.length))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Fetch.request.decode(new Reader(bytes, view, 0, bytes.length), VERSION)
}
