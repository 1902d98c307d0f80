/** Brokers on one store, each with its own metadata: who lives, who is controller, who leads. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import type { SimHost } from '../host/sim/index.ts'
import { electionType } from './controller/elect-leaders.ts'
import { controllerKey, topicKey } from './keys.ts'
import type { Metadata, MetadataOptions } from './metadata.ts'
import { type MetadataStore, StoreError } from './store.ts'
import { but, codes, openMetadata, openStore, request, startHost } from './testing/simulated-metadata.ts'

/** A broker's own way to the store, which can be cut. */
interface Line {
  readonly store: MetadataStore
  isCut: boolean
  /** Transactions that still get through. */
  transactionsLeft: number
}

function lineTo(store: MetadataStore): Line {
  const line: Line = { isCut: false, transactionsLeft: Number.POSITIVE_INFINITY, store }
  const through = <A extends unknown[], R>(ask: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => {
      if (line.isCut) return Promise.reject(new StoreError('UNAVAILABLE', 'The store does not answer'))
      return ask(...args)
    }
  }
  return Object.assign(line, {
    store: but(store, {
      get: through((key) => store.get(key)),
      list: through((prefix) => store.list(prefix)),
      transact: through((transaction) => {
        line.transactionsLeft -= 1
        line.isCut ||= line.transactionsLeft <= 0
        return store.transact(transaction)
      }),
      grantLease: through((ttlMs) => store.grantLease(ttlMs)),
      keepAlive: through((lease) => store.keepAlive(lease)),
      revoke: through((lease) => store.revoke(lease)),
    }),
  })
}

class Brokers {
  readonly host: SimHost = startHost()
  readonly shared = openStore(this.host)
  readonly lines = new Map<number, Line>()
  readonly metadata = new Map<number, Metadata>()

  static async start(count: number, options: Partial<MetadataOptions> = {}): Promise<Brokers> {
    const brokers = new Brokers()
    for (let id = 1; id <= count; id++) await brokers.open(id, options)
    return brokers
  }

  async open(id: number, options: Partial<MetadataOptions> = {}): Promise<Metadata> {
    const line = lineTo(this.shared)
    const listeners = [{ name: 'PLAINTEXT', host: 'h', port: id }]
    const all = { nodeId: id, listeners, sessionTimeoutMs: 6000, ...options }
    const metadata = await openMetadata(this.host, line.store, all)
    this.lines.set(id, line)
    this.metadata.set(id, metadata)
    return metadata
  }

  at(id: number): Metadata {
    return this.metadata.get(id)!
  }

  /** Kills a broker: from now on the store hears nothing of it. */
  cut(id: number): void {
    this.lines.get(id)!.isCut = true
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.host.world.complete(promise)
  }

  untilTrue(condition: () => boolean): Promise<void> {
    return this.host.world.runUntil(condition)
  }

  partition(id: number, topic: string, index = 0) {
    return this.at(id).image.topics.get(topic)!.partitions[index]!
  }
}

const assigned = (...brokerIds: number[]) => ({ assignments: [{ partitionIndex: 0, brokerIds }] })

describe('a cluster', () => {
  it('elects other leaders when a broker falls silent, once its lease has ended', async () => {
    const brokers = await Brokers.start(3)
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(2, 3, 1))]))
    brokers.cut(2)
    await brokers.untilTrue(() => brokers.partition(3, 't').leader === 3)
    const { isr, leaderEpoch } = brokers.partition(3, 't')
    assert.deepEqual([isr, leaderEpoch], [[3, 1], 1])
    assert.deepEqual(brokers.partition(1, 't'), brokers.partition(3, 't'))
  })

  it('elects a controller and then leaders when the controller dies', async () => {
    const brokers = await Brokers.start(3)
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(1, 2)), request('u', assigned(1))]))
    brokers.cut(1)
    await brokers.untilTrue(() => brokers.partition(3, 't').leader === 2 && brokers.partition(3, 'u').leader === -1)
    assert.ok(brokers.at(2).isController || brokers.at(3).isController)
    assert.equal(brokers.at(1).isController, false)
    assert.deepEqual(brokers.partition(3, 'u').isr, [1], 'nobody else has what it has')
  })

  it('tells whoever asks a controller without its store that the store does not answer', async () => {
    const brokers = await Brokers.start(2)
    const controller = brokers.at(1)
    await brokers.until(controller.createTopics([request('t', assigned(1, 2))]))
    brokers.cut(1)
    await brokers.untilTrue(() => !controller.isController)
    assert.equal(controller.controllerElsewhere, null, 'nobody told it of another')
    const elected = await brokers.until(controller.replicas.elect(new Map([['t', null]]), 0))
    const results = elected.get('t')!
    assert.deepEqual(codes(results), ['REQUEST_TIMED_OUT'])
    assert.match(results[0]!.errorMessage ?? '', /The store does not answer/)
    await brokers.untilTrue(() => brokers.at(2).isController)
    assert.equal(brokers.at(2).controllerElsewhere, null)
  })

  it('goes on with what a controller left half done', async () => {
    const brokers = await Brokers.start(3)
    const names = Array.from({ length: 250 }, (_, index) => `t${index}`)
    await brokers.until(brokers.at(1).createTopics(names.map((name) => request(name, assigned(3, 2)))))
    // Controller 1 dies after the first of the transactions by which it gives away what broker 3 led.
    brokers.cut(3)
    brokers.lines.get(1)!.transactionsLeft = 1
    const led = () => names.filter((name) => brokers.partition(2, name).leader === 2).length
    await brokers.untilTrue(() => led() > 0)
    assert.ok(led() < names.length, `${led()} were given away`)
    assert.equal(brokers.at(2).isController, false)
    await brokers.untilTrue(() => led() === names.length)
    for (const name of names)
      assert.deepEqual([brokers.partition(2, name).isr, brokers.partition(2, name).leaderEpoch], [[2], 1])
  })

  it('decides in a broker’s own name what no controller is needed for', async () => {
    const brokers = await Brokers.start(2)
    const other = brokers.at(2)
    assert.deepEqual([...(await brokers.until(other.ownTopics.createNamed(['made'])))], [])
    assert.equal((await brokers.until(other.ownTopics.createOffsets())).errorCode, 0)
    assert.equal(await brokers.until(other.ownTopics.createOfGroup('retry', 'g')), 0)
    const set = { name: 'retention.ms', value: '1', configOperation: 0 }
    const alter = [{ resourceType: 2, resourceName: 'made', configs: [set] }]
    assert.deepEqual(codes(await brokers.until(other.incrementalAlterConfigs(alter))), ['NONE'])
    assert.deepEqual(codes(await brokers.until(other.createTopics([request('asked')]))), ['NOT_CONTROLLER'])
    const { topics } = brokers.at(1).image
    assert.deepEqual(topics.get('made')?.configs, { 'retention.ms': '1' })
    assert.equal(topics.get('__consumer_offsets')?.partitions[0]?.replicas.length, 2)
    const retry = topics.get('retry.g')!
    assert.ok(topics.has(`__intake.${retry.topicId}`))
  })

  it('forgets a broker that is gone, whoever is asked, but none that lives or has replicas', async () => {
    const brokers = await Brokers.start(3)
    const other = brokers.at(2)
    assert.equal(other.isController, false)
    const forget = async (id: number) => errorName((await brokers.until(other.unregisterBroker(id))).errorCode)
    assert.equal(await forget(3), 'POLICY_VIOLATION')
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(2, 3))]))
    brokers.cut(3)
    await brokers.untilTrue(() => !other.image.brokers.has(3))
    assert.equal(await forget(3), 'POLICY_VIOLATION')
    await brokers.until(brokers.at(1).replicas.reassign(new Map([['t', [{ index: 0, replicas: [2] }]]])))
    await brokers.untilTrue(() => brokers.partition(2, 't').replicas.length === 1)
    assert.equal(await forget(3), 'NONE')
    await brokers.untilTrue(() => !brokers.at(1).image.knownBrokers.has(3))
    assert.equal(await forget(3), 'BROKER_ID_NOT_REGISTERED')
  })

  it('lets one of two make a topic that both need at once', async () => {
    const brokers = await Brokers.start(3)
    const made = await brokers.until(Promise.all([1, 2, 3].map((id) => brokers.at(id).ownTopics.createNamed([`t`]))))
    assert.deepEqual(
      made.map((refusals) => refusals.size),
      [0, 0, 0],
    )
    assert.equal(brokers.at(1).image.topics.size, 1)
  })

  it('lets the leader change the ISR, in its epoch, while nobody is controller', async () => {
    const brokers = await Brokers.start(2)
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(2, 1))]))
    const { topicId } = brokers.at(2).image.topics.get('t')!
    const change = { topicId, index: 0, leaderEpoch: 0, partitionEpoch: 0, isr: [2] }
    await brokers.until(brokers.shared.transact({ compares: [], success: [{ kind: 'delete', key: controllerKey }] }))
    const outcomes = await brokers.until(brokers.at(2).replicas.alterIsr([change, { ...change, index: 1 }]))
    assert.deepEqual(codes(outcomes), ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    assert.deepEqual(brokers.partition(1, 't').isr, [2])
    assert.deepEqual(codes(await brokers.until(brokers.at(2).replicas.alterIsr([change]))), ['INVALID_UPDATE_VERSION'])
    assert.deepEqual(codes(await brokers.until(brokers.at(1).replicas.alterIsr([change]))), ['NOT_LEADER_OR_FOLLOWER'])
    brokers.cut(2)
    const away = { ...change, partitionEpoch: 1, isr: [2, 1] }
    assert.deepEqual(codes(await brokers.until(brokers.at(2).replicas.alterIsr([away]))), ['REQUEST_TIMED_OUT'])
  })

  it('lets nobody into the ISR who registered again since it caught up', async () => {
    const brokers = await Brokers.start(2)
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(2, 1))]))
    const { topicId } = brokers.at(2).image.topics.get('t')!
    const change = { topicId, index: 0, leaderEpoch: 0, partitionEpoch: 0, isr: [2] }
    await brokers.until(brokers.at(2).replicas.alterIsr([change]))
    // Decided by what broker 2 knows, stored when broker 1 is another already.
    await brokers.until(brokers.at(1).close())
    const stored = brokers.at(2).replicas.alterIsr([{ ...change, partitionEpoch: 1, isr: [2, 1] }])
    assert.deepEqual(codes(await brokers.until(stored)), ['INELIGIBLE_REPLICA'])
    assert.deepEqual(brokers.partition(2, 't').isr, [2])
  })

  it('hands over before a broker stops, and gives back what it led when it is in sync again', async () => {
    const brokers = await Brokers.start(3, { config: { 'leader.imbalance.check.interval.seconds': '5' } })
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(2, 3)), request('u', assigned(2))]))
    assert.equal(brokers.at(2).mustHandOver, true)
    await brokers.until(brokers.at(2).handOver(10_000))
    const handed = brokers.partition(2, 't')
    assert.deepEqual([handed.leader, handed.leaderEpoch, handed.isr], [3, 1, [2, 3]])
    assert.deepEqual([brokers.at(2).mustHandOver, brokers.partition(2, 'u').leader], [false, 2])
    await brokers.until(brokers.at(2).close())
    await brokers.untilTrue(() => brokers.partition(1, 'u').leader === -1)
    assert.deepEqual(brokers.partition(1, 't').isr, [3])
    await brokers.open(2)
    assert.equal(brokers.partition(2, 'u').leader, 2)
    const { topicId } = brokers.at(3).image.topics.get('t')!
    const { partitionEpoch } = brokers.partition(3, 't')
    await brokers.until(
      brokers.at(3).replicas.alterIsr([{ topicId, index: 0, leaderEpoch: 1, partitionEpoch, isr: [3, 2] }]),
    )
    await brokers.untilTrue(() => brokers.partition(3, 't').leader === 2)
    assert.equal(brokers.partition(3, 't').leaderEpoch, 2)
  })

  it('leads on without the store, and says that nothing can be changed', async () => {
    const brokers = await Brokers.start(2)
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(1))]))
    for (const id of [1, 2]) brokers.cut(id)
    await brokers.untilTrue(() => brokers.at(1).problem !== null)
    assert.equal(brokers.partition(1, 't').leader, 1)
    const [refused] = await brokers.until(brokers.at(1).createTopics([request('u')]))
    assert.match(refused!.errorMessage!, /does not answer.*Try again later|Broker|No broker/)
    for (const id of [1, 2]) brokers.lines.get(id)!.isCut = false
    await brokers.untilTrue(() => brokers.at(1).problem === null && brokers.at(2).problem === null)
    await brokers.untilTrue(() => brokers.at(1).image.controllerId !== -1 && brokers.at(1).image.brokers.size === 2)
    await brokers.untilTrue(() => brokers.partition(1, 't').leader === 1)
    const controller = brokers.at(brokers.at(1).image.controllerId)
    assert.deepEqual(codes(await brokers.until(controller.createTopics([request('u')]))), ['NONE'])
  })

  it('moves partitions to other brokers and elects leaders when it is asked to', async () => {
    const brokers = await Brokers.start(3)
    const controller = brokers.at(1)
    await brokers.until(controller.createTopics([request('t', assigned(1, 2))]))
    const moved = await brokers.until(controller.replicas.reassign(new Map([['t', [{ index: 0, replicas: [3, 2] }]]])))
    assert.deepEqual(codes(moved.get('t')!), ['NONE'])
    const { partitionEpoch } = brokers.partition(1, 't')
    const { topicId } = controller.image.topics.get('t')!
    const change = { topicId, index: 0, leaderEpoch: 0, partitionEpoch, isr: [1, 2, 3] }
    await brokers.until(controller.replicas.alterIsr([change]))
    await brokers.untilTrue(() => brokers.partition(2, 't').leader === 3)
    assert.deepEqual(
      [brokers.partition(2, 't').replicas, brokers.partition(2, 't').isr],
      [
        [3, 2],
        [2, 3],
      ],
    )
    const elected = await brokers.until(controller.replicas.elect(new Map([['t', null]]), electionType.preferred))
    assert.deepEqual(
      elected.get('t')!.map(({ errorCode }) => errorName(errorCode)),
      ['ELECTION_NOT_NEEDED'],
    )
  })

  it('finds what the watch did not tell', async () => {
    const host = startHost()
    const store = openStore(host)
    // A watch that loses each deletion.
    const losing = but(store, {
      watch: (prefix, fromRevision, handlers) =>
        store.watch(prefix, fromRevision, {
          ...handlers,
          events: (batches) => {
            handlers.events(
              batches.map(({ revision, events }) => ({
                revision,
                events: events.filter(({ kind }) => kind === 'put'),
              })),
            )
          },
        }),
    })
    const metadata = await openMetadata(host, losing, { relistIntervalMs: 5000 })
    await host.world.complete(metadata.createTopics([request('t')]))
    await host.world.complete(store.transact({ compares: [], success: [{ kind: 'delete', key: topicKey('t') }] }))
    assert.equal(metadata.image.topics.has('t'), true)
    await host.world.runUntil(() => !metadata.image.topics.has('t'))
  })
})

describe('a broker that starts again after it was killed', () => {
  it('ends the registration of its dead process, whose data it has, and leads at once', async () => {
    const brokers = await Brokers.start(2, { place: () => 'one' })
    await brokers.until(brokers.at(1).createTopics([request('t', assigned(2)), request('u', assigned(2, 1))]))
    brokers.cut(2)
    const before = brokers.host.clock.monotonic()
    await brokers.open(2, { place: () => 'one' })
    assert.ok(brokers.host.clock.monotonic() - before < 1000, 'the lease is not waited for')
    assert.deepEqual([brokers.partition(2, 't').leader, brokers.partition(2, 'u').leader !== -1], [2, true])
    assert.ok(brokers.partition(2, 't').leaderEpoch > 0)
  })

  it('waits where the data is another', async () => {
    const brokers = await Brokers.start(2, { place: () => 'one' })
    brokers.cut(2)
    const before = brokers.host.clock.monotonic()
    await brokers.open(2, { place: () => 'another' })
    assert.ok(brokers.host.clock.monotonic() - before > 3000)
  })
})
