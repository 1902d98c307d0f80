/**
 * Open loop: requests go out when they are due, whatever is still unanswered, and latency counts from that moment. A
 * thread of its own sends, because a timer of the event loop is a millisecond late where this needs microseconds.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { CRC } from '@odradek/protocol'
import { Acknowledged } from './acknowledged.ts'
import type { Address, ControlClient } from './control-client.ts'
import { type Load, LoadError, type LoadFigures } from './load.ts'
import { encodeLoadBatch } from './load-batch.ts'
import { descriptorOf, openLoadSocket } from './load-socket.ts'
import { partitionShares } from './partition-shares.ts'
import { ProduceAnswers } from './produce-answers.ts'
import { ProduceFrames } from './produce-frames.ts'
import type { RateOrder } from './rate-sender.ts'
import { Run } from './run.ts'
import { Window } from './window.ts'

/** From the word to start until the first request is due. */
const LEAD_MS = 5

export async function rateLoad(load: Load, client: ControlClient, leader: Address): Promise<LoadFigures> {
  const shares = partitionShares(load.partitions, load.connections)
  const batch = encodeLoadBatch(load.recordsPerBatch, load.recordBytes, 1)
  for (let partition = 0; partition < load.partitions; partition++)
    await client.produce(load.topic, partition, batch, load.acks)
  const before = await client.endOffsets(load.topic, load.partitions)
  const acknowledged = new Acknowledged(load.topic, load.recordsPerBatch, before)
  const window = new Window(load)
  const run = new Run()
  const payload = load.recordsPerBatch * load.recordBytes
  const stepMs = 1000 / load.requestsPerSecond
  const startAt = new Float64Array(new SharedArrayBuffer(8))
  const started = new Int32Array(new SharedArrayBuffer(4))
  const total = Math.round(((load.warmupSeconds + load.seconds) * 1000) / stepMs)
  let now = 0

  const sockets: Socket[] = []
  const answers: ProduceAnswers[] = []
  for (const [connection, share] of shares.entries()) {
    const answer = new ProduceAnswers(load.topic, {
      partitionOf: (request) => share[request % share.length]!,
      answered(request, partition, baseOffset) {
        acknowledged.add(partition, baseOffset)
        window.count(now - (request * shares.length + connection) * stepMs, payload)
      },
    })
    answers.push(answer)
    for (let request = connection; request < total; request += shares.length) answer.expectOne()
    const received = (buffer: Buffer, length: number) => {
      now = performance.timeOrigin + performance.now() - startAt[0]!
      answer.push(buffer, length)
    }
    sockets.push(await openLoadSocket(leader, received, (error) => run.fail(error)))
  }
  const descriptors = sockets.map(descriptorOf)
  if (descriptors.includes(null))
    throw new LoadError('This version of Node does not tell the descriptors of its sockets')
  const frames = new ProduceFrames(load.topic, batch, 1, load.acks)
  const order: RateOrder = {
    descriptors: descriptors.map(Number),
    shares,
    frame: frames.copy(0),
    partitionAt: frames.partitionAt,
    startAt,
    started,
    stepMs,
    total,
  }
  const sender = new Worker(new URL('./rate-sender.ts', import.meta.url), { workerData: order })
  sender.on('error', (error) => run.fail(error as Error))
  const sent = new Promise((resolve) => sender.once('exit', resolve))
  await run.until(once(sender, 'message'))
  let lateness = 0
  sender.on('message', (p99: number) => {
    lateness = p99
  })
  startAt[0] = performance.timeOrigin + performance.now() + LEAD_MS
  Atomics.store(started, 0, 1)
  Atomics.notify(started, 0)
  await run.until(window.pass())
  await run.until(sent)
  const expected = shares.map((_, connection) => Math.ceil((total - connection) / shares.length))
  await run.idle(() => answers.every(({ count }, connection) => count === expected[connection]))
  run.closing = true
  for (const socket of sockets) socket.destroy()
  const figures = { ...window.figures(), ownLatenessP99: lateness }
  await acknowledged.verify(client, new Set([batch.view.getUint32(batch.start + CRC)]))
  return figures
}
