/**
 * Prints the policy of its main thread, the slices of that before and after it has shorter ones, and that of a thread which it
 * starts then.
 */
import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { native } from '../index.ts'

if (isMainThread) {
  const before = sliceOf()
  const result = native?.shortenSlice(200_000)
  const after = sliceOf()
  new Worker(import.meta.filename).on('message', (inherited) => {
    process.stdout.write(JSON.stringify({ policy: policyOf(), before, result, after, inherited }))
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

/** Of the calling thread, as `sched_setscheduler(2)` numbers it: 0 for an ordinary one. */
function policyOf(): number {
  if (process.platform !== 'linux') return 0
  const stat = readFileSync('/proc/thread-self/stat', 'utf8')
  // The 41st field; the second is the name, in brackets, and may have blanks.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38])
}
