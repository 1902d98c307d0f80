import type { Socket } from 'node:net'
import { CRC } from '@odradek/protocol'
import { Acknowledged } from './acknowledged.ts'
import type { Address, ControlClient } from './control-client.ts'
import type { Load, LoadFigures } from './load.ts'
import { encodeLoadBatch } from './load-batch.ts'
import { openLoadSocket } from './load-socket.ts'
import { partitionShares } from './partition-shares.ts'
import { type AnsweredRequest, ProduceAnswers } from './produce-answers.ts'
import { ProduceFrames } from './produce-frames.ts'
import { Run } from './run.ts'
import { Window } from './window.ts'

/** Closed loop: every connection keeps `depth` Produce requests in flight until the window is over. */
export async function produceLoad(load: Load, client: ControlClient, leader: Address): Promise<LoadFigures> {
  const shares = partitionShares(load.partitions, load.connections)
  const batches = shares.map((_, connection) =>
    encodeLoadBatch(load.recordsPerBatch, load.recordBytes, connection + 1, load.delayMs),
  )
  for (let partition = 0; partition < load.partitions; partition++) {
    // A leader that is still learning of the topic is not measured.
    await client.produce(load.topic, partition, batches[0]!, load.acks)
  }
  const acknowledged = new Acknowledged(
    load.topic,
    load.recordsPerBatch,
    // Nothing of what waits is to be seen: the first batch of each partition is what was accepted so far.
    load.delayMs > 0
      ? Array.from({ length: load.partitions }, () => load.recordsPerBatch)
      : await client.endOffsets(load.topic, load.partitions),
  )
  const window = new Window(load)
  const run = new Run()
  const payload = load.recordsPerBatch * load.recordBytes
  const connections = shares.map((share, index) => {
    const frames = new ProduceFrames(load.topic, batches[index]!, load.depth, load.acks)
    return new ProduceConnection(load.topic, share, frames, payload, window, acknowledged, run)
  })
  for (const connection of connections) await connection.open(leader)
  for (const connection of connections) connection.start()
  await run.until(window.pass())
  run.stop()
  await run.idle(() => connections.every((connection) => connection.outstanding === 0))
  for (const connection of connections) connection.close()
  const figures = window.figures()
  if (load.delayMs > 0) acknowledged.verifyOffsets()
  else await acknowledged.verify(client, new Set(batches.map(({ view, start }) => view.getUint32(start + CRC))))
  return figures
}

class ProduceConnection implements AnsweredRequest {
  readonly #partitions: readonly number[]
  readonly #frames: ProduceFrames
  readonly #payload: number
  readonly #window: Window
  readonly #acknowledged: Acknowledged
  readonly #run: Run
  readonly #answers: ProduceAnswers
  /** When the request in each slot was issued. */
  readonly #issuedAt: Float64Array
  #socket: Socket | null = null
  #issued = 0
  #now = 0

  constructor(
    topic: string,
    partitions: readonly number[],
    frames: ProduceFrames,
    payload: number,
    window: Window,
    acknowledged: Acknowledged,
    run: Run,
  ) {
    this.#partitions = partitions
    this.#frames = frames
    this.#payload = payload
    this.#window = window
    this.#acknowledged = acknowledged
    this.#run = run
    this.#answers = new ProduceAnswers(topic, this)
    this.#issuedAt = new Float64Array(frames.count)
  }

  async open(leader: Address): Promise<void> {
    this.#socket = await openLoadSocket(
      leader,
      (buffer, length) => this.#received(buffer, length),
      (error) => this.#run.fail(error),
    )
  }

  close(): void {
    this.#run.closing = true
    this.#socket?.destroy()
  }

  get outstanding(): number {
    return this.#issued - this.#answers.count
  }

  start(): void {
    this.#now = performance.now()
    this.#issue()
  }

  partitionOf(correlationId: number): number {
    return this.#partitions[correlationId % this.#partitions.length]!
  }

  answered(correlationId: number, partition: number, baseOffset: number): void {
    this.#acknowledged.add(partition, baseOffset)
    this.#window.count(this.#now - this.#issuedAt[correlationId % this.#frames.count]!, this.#payload)
  }

  #received(buffer: Buffer, length: number): void {
    this.#now = performance.now()
    this.#answers.push(buffer, length)
    if (this.#run.issuing) this.#issue()
  }

  /** Fills every free slot; neighbours go out as one write. */
  #issue(): void {
    const { count } = this.#frames
    let free = count - this.outstanding
    while (free > 0) {
      const slot = this.#issued % count
      const neighbours = Math.min(free, count - slot)
      for (let at = 0; at < neighbours; at++) {
        this.#frames.prepare(slot + at, this.#issued, this.partitionOf(this.#issued))
        this.#issuedAt[slot + at] = this.#now
        this.#issued += 1
        this.#answers.expectOne()
      }
      this.#frames.send(this.#socket!, slot, neighbours)
      free -= neighbours
    }
  }
}
