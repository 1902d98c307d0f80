/** The thread that sends requests when they are due: it writes to the sockets' descriptors, and others read the answers. */
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Latencies } from './latencies.ts'
import { CORRELATION_ID } from './produce-frames.ts'

export interface RateOrder {
  readonly descriptors: readonly number[]
  /** The partitions each connection goes round. */
  readonly shares: readonly (readonly number[])[]
  readonly frame: Uint8Array
  readonly partitionAt: number
  /** One float64: epoch milliseconds, with fractions, of the first request. It is set after this thread said 'ready'. */
  readonly startAt: Float64Array
  /** One int32 that is notified once it is set. */
  readonly started: Int32Array
  readonly stepMs: number
  readonly total: number
}

/** The system wakes a thread up to this late; the rest of the time is spent looking at the clock. */
const EARLY_MS = 0.1

const { descriptors, shares, frame, partitionAt, startAt, started, stepMs, total } = workerData as RateOrder
const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
const never = new Int32Array(new SharedArrayBuffer(4))

const lateness = new Latencies()

parentPort!.postMessage('ready')
Atomics.wait(started, 0, 0)
const origin = startAt[0]! - performance.timeOrigin

for (let index = 0; index < total; index++) {
  const dueAt = origin + index * stepMs
  const wait = dueAt - performance.now() - EARLY_MS
  if (wait > 0) Atomics.wait(never, 0, 0, wait)
  while (performance.now() < dueAt);
  const connection = index % descriptors.length
  const request = Math.floor(index / descriptors.length)
  const share = shares[connection]!
  view.setInt32(CORRELATION_ID, request)
  view.setInt32(partitionAt, share[request % share.length]!)
  lateness.add(performance.now() - dueAt)
  send(descriptors[connection]!)
}
/** How late it was itself, p99 in milliseconds. */
parentPort!.postMessage(lateness.quantile(0.99))

function send(descriptor: number): void {
  for (let at = 0; at < frame.length; ) {
    try {
      at += writeSync(descriptor, frame, at)
    } catch (error) {
      // The socket's buffer is full: the server does not keep up, which the latencies tell.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(never, 0, 0, 0.1)
    }
  }
}
