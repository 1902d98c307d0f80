/**
 * Syncs share the thread pool with reads of cold files and name look-ups, and each holds its thread for as long as the
 * device takes. So that some threads are always left, no more than three quarters of the pool sync at the same time; the
 * others wait in the order in which they were asked for.
 */

/** What libuv takes where the environment does not say. */
const POOL_THREADS = 4

type Landed = (error: Error | null) => void
type Sync = (landed: Landed) => void

const waiting: (readonly [Sync, Landed])[] = []
let inFlight = 0

/** Threads of the pool; libuv reads the variable once, when the first is needed. */
function poolThreads(): number {
  const given = Number(process.env.UV_THREADPOOL_SIZE)
  return Number.isInteger(given) && given > 0 ? given : POOL_THREADS
}

const syncsMax = Math.max(1, Math.floor((poolThreads() * 3) / 4))

/** Begins `sync` when a thread may be had for it; `done` hears how it ended. */
export function queueSync(sync: Sync, done: Landed): void {
  if (inFlight < syncsMax) begin(sync, done)
  else waiting.push([sync, done])
}

function begin(sync: Sync, done: Landed): void {
  inFlight++
  const landed: Landed = (error) => {
    inFlight--
    const next = waiting.shift()
    if (next !== undefined) begin(...next)
    done(error)
  }
  try {
    sync(landed)
  } catch (error) {
    // It did not begin: its place must not be lost for that.
    queueMicrotask(() => landed(error as Error))
  }
}
