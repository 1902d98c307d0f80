/** How long a follower's polls last. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Fetch, RequestInput, ResponseOutput } from '@odradek/protocol'
import { Turn } from '../host/turn.ts'
import { nodeBench, openLog, quiet } from '../storage/testing/log-kit.ts'
import { Follower } from './follower.ts'
import { LeaderFetcher } from './leader-fetcher.ts'
import type { Asker } from './peers/peer-connection.ts'
import type { Peers } from './peers/peers.ts'
import { ReplicationQuota } from './replication-quota.ts'

type Answer = ResponseOutput<typeof Fetch>

/** A follower of one partition, and a leader that answers as it is told. */
class Scene {
  isInSync = true
  /** How long each poll was to last at most. */
  readonly waitsMs: number[] = []
  readonly #ends: (() => void)[] = []
  readonly #turn = new Turn({ after: () => ({ cancel() {} }), endOfTurn: (run) => void this.#ends.push(run) })
  readonly #log = openLog(nodeBench())
  readonly follower = new Follower({
    topic: 't',
    topicId: this.#log.topicId,
    index: 0,
    log: this.#log,
    gauge: null,
    leader: 2,
    leaderEpoch: 5,
    highWatermark: 0,
    turn: this.#turn,
    events: { dirty() {}, failed: (_replica, error) => assert.fail(error) },
    logger: quiet,
  })
  readonly fetcher: LeaderFetcher
  #asker: Asker<Answer> | null = null

  constructor(lagMsMax: number) {
    const clock = { now: () => 0, monotonic: () => 0 }
    const peers = {
      pauseMs: () => 0,
      interrupt: () => {},
      send: (
        _id: number,
        _purpose: string,
        { request }: { request: RequestInput<typeof Fetch> },
        asker: Asker<Answer>,
      ) => {
        this.waitsMs.push(request.maxWaitMs!)
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
    this.#endTurn()
  }

  /** The poll that is out ends, with news of the partition or without any. */
  answers(highWatermark: number | null): void {
    const news = { partitionIndex: 0, errorCode: 0, highWatermark, logStartOffset: 0, records: null }
    const { topicId } = this.follower
    const responses = highWatermark === null ? [] : [{ topic: '', topicId, partitions: [news] }]
    this.#asker!.answered({ throttleTimeMs: 0, errorCode: 0, sessionId: 7, responses } as unknown as Answer)
    this.#endTurn()
  }

  #endTurn(): void {
    for (const end of this.#ends.splice(0)) end()
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
