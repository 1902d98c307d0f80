import type { Load } from './load/load.ts'

/** One row of the table: a load that every contestant gets in every round. */
export interface LoadRow {
  readonly name: string
  readonly load: RowLoad
  /** What the broker must reach of the reference's MB/s. */
  readonly floor?: number
}

/** What a row says of a load; where it goes and how long it lasts is not the row's. */
export type RowLoad = Omit<Load, 'host' | 'port' | 'pids' | 'topic' | 'keepTopic' | 'warmupSeconds' | 'seconds'>

const MIB = 1024 * 1024

const PRODUCE: RowLoad = {
  kind: 'produce',
  partitions: 1,
  replicas: 1,
  acks: 1,
  flushed: false,
  connections: 4,
  depth: 4,
  recordsPerBatch: 16,
  recordBytes: 1024,
  fetchBytes: 0,
  fillBytes: 0,
  requestsPerSecond: 0,
  idleConnections: 0,
  delayMs: 0,
}
const FETCH: RowLoad = { ...PRODUCE, kind: 'fetch', connections: 1, fillBytes: 256 * MIB }

const BATCHES: readonly (readonly [string, number, Partial<RowLoad>])[] = [
  ['16 KiB', 0.5, { recordsPerBatch: 16 }],
  ['64 KiB', 0.6, { recordsPerBatch: 64 }],
  // Kafka's default limit is 1 MiB and 12 bytes for a batch as a whole.
  ['1 MiB', 0.6, { recordsPerBatch: 1000 }],
  ['16 KiB of 100 B records', 0.5, { recordsPerBatch: 150, recordBytes: 100 }],
]

/** The rows in which a broker is driven, in the order of the table. */
export const loadRows: readonly LoadRow[] = [
  ...BATCHES.flatMap(([name, floor, batch]) =>
    [1, 16].map((partitions) => ({
      name: `produce ${name}, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
      load: { ...PRODUCE, ...batch, partitions },
      floor,
    })),
  ),
  {
    name: 'produce one 1 KiB record, 1 partition',
    load: { ...PRODUCE, connections: 10, depth: 5, recordsPerBatch: 1 },
    floor: 0.3,
  },
  {
    name: 'produce one 1 KiB record, 16 partitions',
    load: { ...PRODUCE, connections: 10, depth: 5, recordsPerBatch: 1, partitions: 16 },
    floor: 0.3,
  },
  {
    name: 'produce 1,000 records/s, one a request',
    load: { ...PRODUCE, kind: 'rate', depth: 1, recordsPerBatch: 1, requestsPerSecond: 1000 },
  },
  ...[1, 100].map((partitions) => ({
    name: `produce one 1 KiB record, flushed, 100 connections, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
    load: { ...PRODUCE, flushed: true, connections: 100, depth: 1, recordsPerBatch: 1, partitions },
    floor: 0.5,
  })),
  { name: 'fetch 1 MiB', load: { ...FETCH, depth: 2, fetchBytes: MIB }, floor: 0.7 },
  // A batch of 64 records of 1,000 B is just below 64 KiB.
  { name: 'fetch 64 KiB', load: { ...FETCH, depth: 4, fetchBytes: 64 * 1024 }, floor: 0.6 },
  ...[10, 5000].map((connections) => ({
    name: `produce 16 KiB over ${connections.toLocaleString('en')} connections`,
    load: { ...PRODUCE, connections, depth: 1 },
  })),
  {
    name: 'produce 16 KiB beside 5,000 idle connections',
    load: { ...PRODUCE, idleConnections: 5000 },
  },
]
