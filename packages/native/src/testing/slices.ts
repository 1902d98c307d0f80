/** Prints the slices of the main thread before and after it has shorter ones, and that of a thread which it starts then. */
import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { native } from '../index.ts'

if (isMainThread) {
  const before = sliceOf()
  const result = native?.shortenSlice(200_000)
  const after = sliceOf()
  new Worker(import.meta.filename).on('message', (inherited) => {
    process.stdout.write(JSON.stringify({ before, result, after, inherited }))
  })
} else parentPort!.postMessage(sliceOf())

/** Of the calling thread, in nanoseconds; null where the system does not tell. */
function sliceOf(): number | null {
  try {
    const line = /^se\.slice +: +(\d+)$/m.exec(readFileSync('/proc/thread-self/sched', 'utf8'))
    return line === null ? null : Number(line[1])
  } catch {
    return null
  }
}
