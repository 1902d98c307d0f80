/**
 * Real brokers under faults, and a checker: idempotent producers with acks=all, timed records, dead letters, readers and groups
 * work on while brokers are killed and stopped, ways between them are cut and slow, their store is killed and held, disks are
 * full. Then all is mended, and what there is is held against what was acknowledged and read.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { clusterEventsTopic } from '@odradek/protocol'
import { ClusterClient } from '../replication/cluster-client.ts'
import { FailoverProducer } from '../replication/failover-producer.ts'
import { FaultReader } from './fault-reader.ts'
import { FAULTY_IDS, FaultyCluster } from './faulty-cluster.ts'
import type { StoreKind } from './faulty-store.ts'
import type { End } from './link-proxy.ts'

const PARTITIONS = 2
const DELAYS_MS = [0, 200, 1_500]
const FAULT_MS_MAX = 4_000
const QUIET_MS_MAX = 1_000
const SLOW_MS = 300
const LETTERS = 'dlq.faults'

export interface FaultRunResult {
  readonly problems: readonly string[]
  readonly acknowledged: number
  readonly read: number
  /** How often each fault was made. */
  readonly faults: Readonly<Record<string, number>>
  readonly log: readonly string[]
}

interface Fault {
  readonly begin: (cluster: FaultyCluster, id: number, other: number) => void | Promise<void>
  readonly end: (cluster: FaultyCluster, id: number) => void | Promise<void>
}

const mend = ({ ways }: FaultyCluster) => ways.mend()
const cutBoth = (cluster: FaultyCluster, one: End, other: End) => {
  cluster.ways.cut(one, other)
  cluster.ways.cut(other, one)
}
const others = (id: number) => FAULTY_IDS.filter((each) => each !== id)

export const FAULTS: Readonly<Record<string, Fault>> = {
  kill: { begin: (cluster, id) => cluster.kill(id), end: (cluster, id) => cluster.begin(id) },
  stop: { begin: (cluster, id) => cluster.kill(id, 'SIGTERM'), end: (cluster, id) => cluster.begin(id) },
  'kill two': {
    begin: async (cluster, id, other) => {
      await Promise.all([cluster.kill(id), cluster.kill(other)])
    },
    end: async (cluster) => {
      await Promise.all(FAULTY_IDS.map((id) => cluster.begin(id)))
    },
  },
  hold: { begin: (cluster, id) => cluster.hold(id, true), end: (cluster, id) => cluster.hold(id, false) },
  'kill held': {
    begin: async (cluster, id) => {
      cluster.hold(id, true)
      await sleep(500)
      await cluster.kill(id)
    },
    end: (cluster, id) => cluster.begin(id),
  },
  'store killed': { begin: (cluster) => cluster.killStore(), end: (cluster) => cluster.startStore() },
  'store held': { begin: (cluster) => cluster.holdStore(true), end: (cluster) => cluster.holdStore(false) },
  "store's leader killed": {
    begin: (cluster) => cluster.strikeStoreLeader('kill'),
    end: (cluster) => cluster.startStore(),
  },
  "store's leader held": {
    begin: (cluster) => cluster.strikeStoreLeader('hold'),
    end: (cluster) => cluster.holdStore(false),
  },
  // Who is in sync is to change, and who leads, while the store elects.
  "broker and store's leader killed": {
    begin: async (cluster, id) => {
      await Promise.all([cluster.kill(id), cluster.strikeStoreLeader('kill')])
    },
    end: async (cluster, id) => {
      await Promise.all([cluster.startStore(), cluster.begin(id)])
    },
  },
  'cut off from the store': { begin: (cluster, id) => cutBoth(cluster, id, 'store'), end: mend },
  'two parted': { begin: (cluster, id, other) => cutBoth(cluster, id, other), end: mend },
  'one parted': {
    begin: (cluster, id) => {
      for (const other of [...others(id), 'store'] as const) cutBoth(cluster, id, other)
    },
    end: mend,
  },
  'not heard': {
    begin: ({ ways }, id) => {
      for (const other of others(id)) ways.cut(id, other)
    },
    end: mend,
  },
  'hears nothing': {
    begin: ({ ways }, id) => {
      for (const other of others(id)) ways.cut(other, id)
    },
    end: mend,
  },
  'slow ways': {
    begin: ({ ways }, id) => {
      for (const other of others(id)) {
        ways.slow(id, other, SLOW_MS)
        ways.slow(other, id, SLOW_MS)
      }
    },
    end: mend,
  },
  'connections reset': { begin: (cluster, id) => cluster.reset(id), end: () => {} },
  'disk full': { begin: (cluster, id) => cluster.fill(id), end: (cluster, id) => cluster.empty(id) },
}

/** Runs for so long, or through `faults` in order, each so long; what goes wrong is in `problems`. */
export async function runFaults(options: {
  readonly durationMs: number
  readonly random: () => number
  /** [drawn] */
  readonly faults?: readonly string[]
  readonly faultMs?: number
  /** [embedded] */
  readonly store?: StoreKind
  /** Brokers on a network of namespaces, in this process's own one. [false] */
  readonly hasNetwork?: boolean
  readonly tell?: (text: string) => void
}): Promise<FaultRunResult> {
  const { durationMs, random, store = 'embedded', hasNetwork = false, tell = () => {} } = options
  await using cluster = await FaultyCluster.start({ store, hasNetwork })
  const client = new ClusterClient(cluster)
  const running = () => cluster.running
  await client.createTopic('plain', { 'segment.bytes': '200000' }, PARTITIONS)
  await client.createTopic('synced', { 'flush.mode': 'sync' })
  await client.createTopic('timed', { 'message.type': 'DELAY' })
  await client.createTopic('retry.faults', { 'message.type': 'RETRY', 'retry.group': 'faults' })
  const plain = [0, 1].map(
    (index) => new FailoverProducer(new ClusterClient(cluster), 'plain', `p${index}`, () => [], index),
  )
  const synced = new FailoverProducer(new ClusterClient(cluster), 'synced', 's')
  const timed = new FailoverProducer(new ClusterClient(cluster), 'timed', 't', (sequence) => [
    { key: 'TIMER_DELAY_MS', value: String(DELAYS_MS[sequence % DELAYS_MS.length]) },
  ])
  // Retried so often that there is no further time.
  const letters = new FailoverProducer(new ClusterClient(cluster), 'retry.faults', 'l', () => [
    { key: 'RECONSUME_TIME', value: '16' },
  ])
  const producers = [...plain, synced, timed, letters]
  await Promise.all(producers.map((producer) => producer.acknowledges(5)))
  const reader = (topic: string, index = 0) => new FaultReader(new ClusterClient(cluster), running, topic, index)
  const readers = [reader('plain', 0), reader('plain', 1), reader('synced'), reader('timed'), reader(LETTERS)]

  const faults: Record<string, number> = {}
  const names = Object.keys(FAULTS)
  const planned = [...(options.faults ?? [])]
  const until = performance.now() + durationMs
  while (options.faults === undefined ? performance.now() < until : planned.length > 0) {
    const name = planned.shift() ?? names[Math.floor(random() * names.length)]!
    const id = FAULTY_IDS[Math.floor(random() * FAULTY_IDS.length)]!
    const other = others(id)[Math.floor(random() * 2)]!
    faults[name] = (faults[name] ?? 0) + 1
    tell(`${name}: broker ${id}`)
    const { begin, end } = FAULTS[name]!
    await begin(cluster, id, other)
    await sleep(options.faultMs ?? random() * FAULT_MS_MAX)
    await end(cluster, id)
    if (options.faultMs === undefined) await sleep(random() * QUIET_MS_MAX)
  }

  tell('all is mended')
  await cluster.heal()
  const problems: string[] = []
  await Promise.all(producers.map((producer) => producer.acknowledges(5)))
  const ended = await Promise.allSettled(producers.map((producer) => producer.end()))
  for (const end of ended) if (end.status === 'rejected') problems.push((end.reason as Error).message)
  await Promise.all(readers.map((each) => each.end()))
  for (const each of readers) problems.push(...each.problems)
  const [first, second, syncedReader, timedReader, letterReader] = readers
  for (const [each, producer] of [
    [first!, plain[0]!],
    [second!, plain[1]!],
    [syncedReader!, synced],
  ] as const)
    checkOrdered(await each.readAll(), each, producer, problems)
  await checkOnce(timedReader!, timed, problems)
  await checkOnce(letterReader!, letters, problems)
  const events = reader(clusterEventsTopic)
  await events.end()
  checkControllers(await events.readAll(), problems)
  const acknowledged = producers.reduce((sum, { offsets }) => sum + offsets.length, 0)
  const read = readers.reduce((sum, each) => sum + each.read.length, 0)
  return { problems, acknowledged, read, faults, log: cluster.log }
}

/** Everything acknowledged is where it was acknowledged, once and in order, and what was read is there still. */
function checkOrdered(
  all: readonly { offset: number; value: string }[],
  { topic, index, read }: FaultReader,
  { name, offsets }: FailoverProducer,
  problems: string[],
): void {
  const at = new Map(all.map(({ offset, value }) => [offset, value]))
  for (const [sequence, offset] of offsets.entries()) {
    const value = at.get(offset)
    if (value !== `${name} ${sequence}`)
      problems.push(`${topic}-${index}: ${name} ${sequence} was acknowledged at ${offset}, where ${value} is`)
  }
  for (const { offset, value } of read)
    if (at.get(offset) !== value)
      problems.push(`${topic}-${index}: ${value} was read at ${offset}, where ${at.get(offset)} is`)
  const values = all.map(({ value }) => value)
  if (new Set(values).size !== values.length) problems.push(`${topic}-${index}: a record is there twice`)
  let last = -1
  for (const value of values) {
    const sequence = Number(value.split(' ')[1])
    if (sequence <= last) problems.push(`${topic}-${index}: ${value} comes after ${last}`)
    last = sequence
  }
}

/** Everything acknowledged comes, once. */
async function checkOnce(reader: FaultReader, { name, offsets }: FailoverProducer, problems: string[]): Promise<void> {
  let values: string[] = []
  for (const until = performance.now() + 60_000; performance.now() < until; await sleep(200)) {
    values = (await reader.readAll()).map(({ value }) => value)
    if (new Set(values).size >= offsets.length) break
  }
  const found = new Set(values)
  if (found.size !== values.length) problems.push(`${reader.topic}: a record is there twice`)
  for (const sequence of offsets.keys())
    if (!found.has(`${name} ${sequence}`))
      problems.push(`${reader.topic}: ${name} ${sequence} was acknowledged and never came`)
}

/** By what the cluster wrote down of itself: an epoch has one controller. */
function checkControllers(events: readonly { value: string }[], problems: string[]): void {
  const controllers = new Map<number, number>()
  for (const { value } of events) {
    const event = JSON.parse(value) as { kind: string; broker: number; epoch: number }
    if (event.kind !== 'controllerElected') continue
    const known = controllers.get(event.epoch) ?? event.broker
    if (known !== event.broker)
      problems.push(`brokers ${known} and ${event.broker} were controller in epoch ${event.epoch}`)
    controllers.set(event.epoch, known)
  }
  if (controllers.size === 0) problems.push('no controller was written down')
}
