/**
 * `.kafka_cleanshutdown` in a data directory: there from a clean stop to the next start. Who finds it may trust the logs
 * without reading them. JSON `{"version":0,"brokerEpoch":n}`; only that it is there counts here.
 */
import type { Disk } from '../host/disk.ts'

const NAME = '.kafka_cleanshutdown'

/** Whether the last stop was clean. The marker is gone when this returns, durably. */
export function takeCleanShutdown(disk: Disk, directory: string): boolean {
  const path = `${directory}/${NAME}`
  if (!disk.exists(path)) return false
  disk.remove(path)
  disk.syncDirectory(directory)
  return true
}

/** Says that the stop was clean; the last thing that is written. */
export function writeCleanShutdown(disk: Disk, directory: string, brokerEpoch: number): void {
  disk.replaceFile(`${directory}/${NAME}`, JSON.stringify({ version: 0, brokerEpoch }))
}
