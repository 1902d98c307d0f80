/** How long a follower's polls last. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokerConfig } from '@odradek/config'
import type { Fetch, RequestInput, ResponseOutput } from '@odradek/protocol'
import { Turn } from '../host/turn.ts'
import type { LogCut } from '../storage/log-cut.ts'
import { appendRecords, nodeBench, openLog, quiet } from '../storage/testing/log-kit.ts'
import { Follower } from './follower.ts'
import { FORGOTTEN_MAX, LeaderFetcher, NAMED_MAX } from './leader-fetcher.ts'
import type { Asker } from './peers/peer-connection.ts'
import { PeerError } from './peers/peer-error.ts'
import type { Peers } from './peers/peers.ts'
import { ReplicationQuota } from './replication-quota.ts'

type Question = RequestInput<typeof Fetch>
type Answer = ResponseOutput<typeof Fetch>

/** A follower of one partition, or of more, and a leader that answers as it is told. */
class Scene {
  isInSync = true
  readonly questions: Question[] = []
  interruptions = 0
  nowMs = 0
  readonly #ends: (() => void)[] = []
  readonly #turn = new Turn({ after: () => ({ cancel() {} }), endOfTurn: (run) => void this.#ends.push(run) })
  readonly cuts: LogCut[] = []
  readonly #log = openLog(nodeBench(), { cutLater: (cut) => void this.cuts.push(cut) })
  readonly follower = this.#follower(this.#log.topicId)
  readonly fetcher: LeaderFetcher
  #asker: Asker<Answer> | null = null

  constructor(lagMsMax: number) {
    const clock = { now: () => 0, monotonic: () => this.nowMs }
    const peers = {
      pauseMs: () => 0,
      interrupt: () => void this.interruptions++,
      send: (_id: number, _purpose: string, { request }: { request: Question }, asker: Asker<Answer>) => {
        this.questions.push(request)
        this.#asker = asker
      },
    }
    this.fetcher = new LeaderFetcher(2, false, {
      host: { clock, timers: { after: () => ({ cancel() {} }), endOfTurn() {} } },
      turn: this.#turn,
      peers: peers as unknown as Peers,
      nodeId: 1,
      settings: () => ({
        waitMsMax: 500,
        lagMsMax,
        partitionBytesMax: 1_000_000,
        answerBytesMax: 1_000_000,
        timeoutMs: 30_000,
      }),
      brokerEpoch: () => 1,
      quota: new ReplicationQuota(clock, () => 1_000_000),
      isThrottled: () => false,
      isInSync: () => this.isInSync,
    })
    this.fetcher.add(this.follower)
    this.endTurn()
  }

  /** How long each poll was to last at most. */
  get waitsMs(): number[] {
    return this.questions.map(({ maxWaitMs }) => maxWaitMs!)
  }

  /** Has `count` partitions more, each in a topic of its own. */
  follow(name: string, count: number): Follower[] {
    const followers = Array.from({ length: count }, (_, at) => this.#follower(`${name} ${at}`))
    for (const follower of followers) this.fetcher.add(follower)
    this.endTurn()
    return followers
  }

  /** The poll that is out ends, with news of the partitions or without any. */
  answers(highWatermark: number | null, topicIds: readonly string[] = [this.follower.topicId]): void {
    const news = { partitionIndex: 0, errorCode: 0, highWatermark, logStartOffset: 0, records: null }
    const responses =
      highWatermark === null ? [] : topicIds.map((topicId) => ({ topic: '', topicId, partitions: [news] }))
    this.#asker!.answered({ throttleTimeMs: 0, errorCode: 0, sessionId: 7, responses } as unknown as Answer)
    this.endTurn()
  }

  /** The poll that is out ends: the partition's history parts from the leader's. */
  parts(): void {
    appendRecords(this.#log, [{ value: 'v' }])
    this.follower.askedOffset = this.#log.endOffset
    const parted = { partitionIndex: 0, errorCode: 0, highWatermark: 0, divergingEpoch: { epoch: 0, endOffset: 0 } }
    const responses = [{ topic: '', topicId: this.follower.topicId, partitions: [{ ...parted, records: null }] }]
    this.#asker!.answered({ throttleTimeMs: 0, errorCode: 0, sessionId: 7, responses } as unknown as Answer)
    this.endTurn()
  }

  /** The poll that is out ends with its connection. */
  breaks(): void {
    this.#asker!.failed(new PeerError('the connection ended', { unsent: false }))
    this.endTurn()
  }

  endTurn(): void {
    for (const end of this.#ends.splice(0)) end()
  }

  #follower(topicId: string): Follower {
    return new Follower({
      topic: 't',
      topicId,
      index: 0,
      log: this.#log,
      gauge: null,
      leader: 2,
      leaderEpoch: 5,
      highWatermark: 0,
      turn: this.#turn,
      events: { dirty() {}, failed: (_replica, error) => assert.fail(error), cut() {} },
      logger: quiet,
    })
  }
}

describe("a follower's polls", () => {
  it('become longer while nothing happens, and short again with the first news', () => {
    const scene = new Scene(60_000)
    scene.answers(0)
    for (let i = 0; i < 5; i++) scene.answers(null)
    scene.answers(0)
    scene.answers(null)
    assert.deepEqual(scene.waitsMs, [500, 500, 1000, 2000, 4000, 5000, 5000, 500, 1000])
  })

  it('last no longer than what part of the time a follower may lag', () => {
    const scene = new Scene(9_000)
    for (let i = 0; i < 3; i++) scene.answers(null)
    assert.deepEqual(scene.waitsMs, [500, 1000, 1500, 1500])
  })

  it('stay short while it is not in sync: the leader takes it in when it asks', () => {
    const scene = new Scene(60_000)
    scene.isInSync = false
    scene.answers(null)
    scene.answers(null)
    scene.isInSync = true
    scene.answers(null)
    assert.deepEqual(scene.waitsMs, [500, 500, 500, 1000])
  })

  it('are short again under a new leader or epoch', () => {
    const scene = new Scene(60_000)
    scene.answers(null)
    scene.follower.follow(2, 6)
    scene.fetcher.moved(scene.follower)
    scene.answers(null)
    assert.deepEqual(scene.waitsMs, [500, 1000, 500])
  })
})

describe('a partition whose log is being cut', () => {
  const named = ({ topics = [] }: Question) => topics.map(({ topicId }) => topicId!)

  it('is not asked for, the others are, until the cut is durable', () => {
    const scene = new Scene(60_000)
    scene.follow('other', 1)
    while (scene.questions.length < 3) scene.answers(null)
    scene.questions.length = 0
    scene.parts()
    assert.deepEqual(scene.questions.map(named), [[]])
    assert.deepEqual(scene.questions[0]!.forgottenTopicsData, [{ topicId: scene.follower.topicId, partitions: [0] }])
    // Not under another epoch, and not in another session, either.
    scene.follower.follow(2, 6)
    scene.fetcher.moved(scene.follower)
    scene.breaks()
    assert.deepEqual(named(scene.questions.at(-1)!), ['other 0'])
    scene.nowMs += 1_000_000
    scene.answers(null)
    assert.deepEqual(named(scene.questions.at(-1)!), [])
    scene.cuts[0]!.finishNow()
    scene.fetcher.resume(scene.follower, 0)
    scene.answers(null)
    assert.deepEqual(named(scene.questions.at(-1)!), [scene.follower.topicId])
  })
})

describe('a follower of very many partitions', () => {
  const count = 2 * NAMED_MAX + 1
  const named = ({ topics = [] }: Question) => topics.map(({ topicId }) => topicId!)
  const forgotten = ({ forgottenTopicsData = [] }: Question) => forgottenTopicsData.map(({ topicId }) => topicId!)

  /** Follows so many in a session that begins now; nothing is answered yet. */
  function begin() {
    const scene = new Scene(60_000)
    const followers = [scene.follower, ...scene.follow('topic', count - 1)]
    assert.equal(scene.interruptions, 1, 'what is new does not wait for the end of a poll')
    scene.questions.length = 0
    scene.breaks()
    return { scene, followers }
  }

  it('names them in several requests, and waits for news when it has named all', () => {
    const { scene } = begin()
    // The leader tells of all that it was asked for; those that nobody asked for yet come before them.
    scene.answers(0, named(scene.questions[0]!))
    assert.equal(new Set(scene.questions.flatMap(named)).size, 2 * NAMED_MAX)
    for (let round = 0; round < 3; round++) scene.answers(null)
    assert.deepEqual(
      scene.questions.map((question) => [question.sessionEpoch, named(question).length, question.maxWaitMs]),
      [
        [0, NAMED_MAX, 0],
        [1, NAMED_MAX, 0],
        [2, NAMED_MAX, 0],
        [3, 1, 500],
        [4, 0, 1000],
      ],
    )
    assert.equal(new Set(scene.questions.flatMap(named)).size, count)
  })

  it('does not cut off what is answered at once for what the next request names', () => {
    const { scene, followers } = begin()
    scene.nowMs = 60_000
    const heard = () => {
      scene.fetcher.moved(followers.at(-1)!)
      scene.endTurn()
      return scene.interruptions
    }
    assert.equal(heard(), 1)
    while (scene.waitsMs.at(-1) === 0) scene.answers(null)
    assert.equal(heard(), 2)
  })

  it('asks for no more elements than any leader takes, and never for one that it does not follow any more', () => {
    const { scene, followers } = begin()
    while (scene.waitsMs.at(-1) === 0) scene.answers(null)
    scene.questions.length = 0
    for (const follower of followers) scene.fetcher.remove(follower)
    const others = scene.follow('other', count)
    for (let left = count; left > 0; left -= NAMED_MAX) scene.answers(null)
    assert.equal(
      scene.questions[0]!.sessionEpoch,
      0,
      'the session would go on with those that are too many to be forgotten',
    )
    assert.deepEqual(scene.questions.flatMap(forgotten), [])
    assert.equal(new Set(scene.questions.flatMap(named)).size, count)
    scene.questions.length = 0
    for (const follower of others.slice(0, FORGOTTEN_MAX)) scene.fetcher.remove(follower)
    while (scene.questions.flatMap(forgotten).length === 0) scene.answers(null)
    assert.ok(
      scene.questions.every(({ sessionEpoch }) => sessionEpoch! > 0),
      'the session goes on',
    )
    assert.equal(scene.questions.flatMap(forgotten).length, FORGOTTEN_MAX)
    const elements = scene.questions.map((question) => 2 * (named(question).length + forgotten(question).length))
    const most = Math.max(...elements)
    assert.ok(most <= brokerConfig['request.elements.max'].min, `${most} elements`)
  })
})
