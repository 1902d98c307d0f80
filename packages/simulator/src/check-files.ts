import type { Disk } from '@odradek/broker/src/host/disk.ts'
import { verifyLog } from '@odradek/broker/src/storage/verify.ts'

/** Segments and snapshots on their way out. */
const DELETED = '.deleted'

/** Checks all logs of a stopped broker: batches that follow each other, and everything derived from them. */
export function checkFiles(disk: Disk, directory: string, fail: (problem: string) => void): void {
  for (const { name, isDirectory } of disk.list(directory)) {
    if (!isDirectory || !/-\d+$/.test(name)) continue
    for (const { file, position, problem } of verifyLog(disk, `${directory}/${name}`, { deep: true }).findings)
      if (!file.endsWith(DELETED)) fail(`${file} at ${position}: ${problem}`)
  }
}
