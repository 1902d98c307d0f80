/**
 * How far a small heap may grow before it is collected as a whole. V8 does that whenever the heap and what it refers to have
 * about doubled: a broker that holds 20 MB would go through all of it again for every large request or two, each time for some
 * milliseconds in which it does nothing else. So it gets room as if it were larger; a large one has what V8 gives it.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

const ROOM_BYTES = 96 * 1024 * 1024
const CHECK_MS = 10_000

/** By how many percent a heap of `usedBytes` may grow; 0 leaves it to V8. */
export function growthPercent(usedBytes: number): number {
  const percent = Math.floor((100 * ROOM_BYTES) / usedBytes)
  return percent > 100 ? percent : 0
}

/** For a process that is a broker and nothing else. Costs a few microseconds every ten seconds. */
export function giveSmallHeapRoom(): void {
  const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics()
  setFlagsFromString(`--heap-growing-percent=${growthPercent(heapBytes + externalBytes)}`)
  setTimeout(giveSmallHeapRoom, CHECK_MS).unref()
}
