/** What becomes of the replicas of this broker when the metadata moves. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import { FlushSchedule } from '../flush/flush-schedule.ts'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { Turn } from '../host/turn.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import { LogDirectories } from '../storage/log-directories.ts'
import { appendRecords, quiet, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { Partitions } from './partitions.ts'
import type { Peers } from './peers/peers.ts'

const CONFIG = resolveBrokerConfig()

/** Broker 1 with a replica of one partition, on a simulated disk. */
class Scene {
  readonly host: SimHost = createSimHost(11, { name: 'broker' })
  readonly partitions: Partitions
  readonly #directories = LogDirectories.open({
    host: this.host,
    paths: ['/data'],
    nodeId: 1,
    config: CONFIG,
    logger: quiet,
  })
  #image: MetadataImage = imageOf(2, 1)
  #leader: number | null = 2
  #leaderEpoch = 1

  /** `fails` is done before its replica is begun. */
  constructor(fails: (host: SimHost) => void = () => {}) {
    const { host } = this
    const turn = new Turn(host.timers)
    const peers = { pauseMs: () => 0, interrupt() {}, send() {}, moved() {} } as unknown as Peers
    this.partitions = new Partitions({
      nodeId: 1,
      config: () => CONFIG,
      directories: this.#directories,
      flushSchedule: new FlushSchedule({
        clock: host.clock,
        timers: host.timers,
        turn,
        intervalMs: () => 500,
        dirtyBytesMax: () => 1_000_000,
        flushed: (log) => this.partitions.flushed(log),
        failed: (log, error) => this.partitions.logFailed(log, error),
      }),
      turn,
      logger: quiet,
      allOffline: () => {},
      replication: {
        host,
        peers,
        image: () => this.#image,
        isCertainlyAlive: () => true,
        alterIsr: async () => [],
        withdraw: async () => {
          this.#image = imageOf(this.#leader, this.#leaderEpoch, [1])
          return 0
        },
      },
    })
    fails(host)
    this.led(2, 1)
  }

  /** The metadata says that a broker leads, in an epoch; null: that the topic is deleted. */
  led(leader: number | null, leaderEpoch: number): void {
    const offline = this.#image.topics.get('t')?.partitions[0]?.offline
    this.#leader = leader
    this.#leaderEpoch = leaderEpoch
    this.#image = imageOf(leader, leaderEpoch, offline)
    this.partitions.apply(this.#image, ['t'])
  }

  get follower() {
    return this.partitions.follower('t', 0)
  }

  /** Its log has six records, of which the leader says that it has two. */
  parts(): void {
    const follower = this.follower!
    for (let at = 0; at < 6; at++) appendRecords(follower.log, [{ value: 'v' }], {}, 1)
    follower.take({
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 1,
      divergingEpoch: { epoch: 1, endOffset: 2 },
      records: null,
    } as unknown as Parameters<typeof follower.take>[0])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.partitions.close()
    for (const directory of this.#directories) directory.release()
  }
}

function imageOf(leader: number | null, leaderEpoch: number, offline: readonly number[] = []): MetadataImage {
  const replicas = [1, 2]
  const partition = { index: 0, leader, leaderEpoch, partitionEpoch: leaderEpoch, replicas, isr: replicas, offline }
  const topic: TopicImage = {
    name: 't',
    topicId: TOPIC_ID,
    isInternal: false,
    configs: {},
    partitions: [partition as unknown as PartitionImage],
    modRevision: 1,
  }
  const topics = leader === null ? [] : [topic]
  return {
    brokers: new Map(),
    topics: new Map(topics.map((one) => [one.name, one])),
    topicsById: new Map(topics.map((one) => [one.topicId, one])),
  } as unknown as MetadataImage
}

describe('a replica whose log is being cut', () => {
  it('is led only when the cut is durable, by the log that was cut', async () => {
    await using scene = new Scene()
    scene.parts()
    const { log } = scene.follower!
    scene.led(1, 2)
    assert.equal(scene.partitions.get('t', 0), undefined)
    assert.equal(log.isCutting, true, 'the loop waits for no disk')
    await scene.host.world.settle()
    const partition = scene.partitions.get('t', 0)!
    assert.deepEqual([partition.log === log, log.endOffset, log.flushedOffset, partition.leaderEpoch], [true, 2, 2, 2])
    assert.equal(scene.follower, undefined)
  })

  it('stays a follower where another leads again by then', async () => {
    await using scene = new Scene()
    scene.parts()
    scene.led(1, 2)
    scene.led(2, 3)
    await scene.host.world.settle()
    assert.equal(scene.partitions.get('t', 0), undefined)
    const { isCutting, leader, leaderEpoch, offlineCode } = scene.follower!
    assert.deepEqual([isCutting, leader, leaderEpoch, offlineCode], [false, 2, 3, 0])
  })

  it('is let go of with its topic, and comes to nothing', async () => {
    await using scene = new Scene()
    scene.parts()
    scene.led(1, 2)
    const { follower } = scene
    scene.led(null, 2)
    await scene.host.world.settle()
    assert.equal(follower!.offlineCode, errors.UNKNOWN_TOPIC_OR_PARTITION.code)
    assert.deepEqual([scene.partitions.get('t', 0), scene.follower], [undefined, undefined])
  })

  it('is offline where the disk fails, and nobody leads it', async () => {
    await using scene = new Scene()
    scene.parts()
    scene.led(1, 2)
    scene.host.disk.failNext('sync', 'EIO')
    await scene.host.world.settle()
    assert.equal(scene.partitions.get('t', 0), undefined)
    assert.equal(scene.follower!.offlineCode, errors.KAFKA_STORAGE_ERROR.code)
  })
})

describe('a replica that could not be begun, as too many files were open', () => {
  const crowded = (times: number) => new Scene((host) => host.disk.failNext('exists', 'EMFILE', times, 't-0'))

  it('is begun by itself when that has passed, and led or followed as the metadata says by then', async () => {
    for (const leader of [1, 2]) {
      // Each attempt asks twice: the first, and the next two.
      await using scene = crowded(6)
      assert.equal(scene.follower!.offlineCode, errors.KAFKA_STORAGE_ERROR.code)
      scene.led(leader, 2)
      await scene.host.world.runFor(3_500)
      const replica = () => scene.partitions.get('t', 0) ?? scene.follower
      assert.equal(replica()!.offlineCode, errors.KAFKA_STORAGE_ERROR.code)
      await scene.host.world.runFor(4_500)
      assert.equal(replica()!.offlineCode, 0)
      assert.equal(replica()!.log.failed, null)
      assert.equal(scene.partitions.get('t', 0) === undefined, leader === 2)
      assert.equal(appendRecords(replica()!.log, [{ value: 'late' }]).baseOffset, 0)
    }
  })

  it('is not begun once its topic is gone', async () => {
    await using scene = crowded(2)
    scene.led(null, 1)
    await scene.host.world.runFor(10_000)
    assert.deepEqual([scene.partitions.get('t', 0), scene.follower], [undefined, undefined])
  })
})
