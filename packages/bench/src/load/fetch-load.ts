import { CRC } from '@odradek/protocol'
import { Acknowledged } from './acknowledged.ts'
import type { Address, ControlClient } from './control-client.ts'
import { FetchConnection } from './fetch-connection.ts'
import { type Load, LoadError, type LoadFigures } from './load.ts'
import { encodeLoadBatch } from './load-batch.ts'
import { partitionShares } from './partition-shares.ts'
import { Run } from './run.ts'
import { Window } from './window.ts'

/** Batches that the log is filled with. */
const FILL_RECORDS = 64
const FILL_RECORD_BYTES = 1000

/**
 * Closed loop: fills the log, reads it once from end to end and looks at every batch, then every connection keeps `depth`
 * Fetch requests in flight that walk through it and begin again. Their records are dropped.
 */
export async function fetchLoad(load: Load, client: ControlClient, leader: Address): Promise<LoadFigures> {
  const shares = partitionShares(load.partitions, load.connections)
  const batch = encodeLoadBatch(FILL_RECORDS, FILL_RECORD_BYTES, 1)
  const batchBytes = batch.end - batch.start
  const before = await client.endOffsets(load.topic, load.partitions)
  const batchesPerPartition = Math.max(1, Math.ceil(load.fillBytes / load.partitions / batchBytes))
  for (let partition = 0; partition < load.partitions; partition++) {
    for (let count = 0; count < batchesPerPartition; count++) await client.produce(load.topic, partition, batch)
  }
  const filled = new Acknowledged(load.topic, FILL_RECORDS, before)
  for (const [partition, offset] of before.entries()) {
    for (let count = 0; count < batchesPerPartition; count++) filled.add(partition, offset + count * FILL_RECORDS)
  }
  await filled.verify(client, new Set([batch.view.getUint32(batch.start + CRC)]))
  const step = Math.max(1, Math.floor(load.fetchBytes / batchBytes)) * FILL_RECORDS
  if (before.some((offset) => offset !== 0)) throw new LoadError(`${load.topic} was not empty`)
  const window = new Window(load)
  const run = new Run()
  const end = batchesPerPartition * FILL_RECORDS
  const connections = shares.map(
    (share) =>
      new FetchConnection(
        { topic: load.topic, partitions: share, depth: load.depth, fetchBytes: load.fetchBytes, step, end },
        window,
        run,
      ),
  )
  for (const connection of connections) await connection.open(leader)
  for (const connection of connections) connection.start()
  await run.until(window.pass())
  run.stop()
  await run.idle(() => connections.every((connection) => connection.outstanding === 0))
  for (const connection of connections) connection.close()
  return window.figures()
}
