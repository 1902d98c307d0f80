import type { Disk } from '@odradek/broker/src/host/disk.ts'
import { OffsetCheckpoint } from '@odradek/broker/src/storage/checkpoint.ts'
import { verifyLog } from '@odradek/broker/src/storage/verify.ts'

/** A crash may take back where the log begins, but not what epochs were forgotten with it: they are asked for by followers only. */
const FORGOTTEN_EPOCH = /^epoch \d+ begins at \d+, but a batch at \d+ has it$/

/** Up to where a log is compacted is noted after it was; holes in other logs are found where they are read. */
const COMPACTED = /^offsets \d+ to \d+ are missing$/

/** Segments and snapshots on their way out. */
const DELETED = '.deleted'

/** Checks all logs of a stopped broker: batches that follow each other, and everything derived from them. */
export function checkFiles(disk: Disk, directory: string, fail: (problem: string) => void): void {
  const startOffsets = OffsetCheckpoint.read(disk, `${directory}/log-start-offset-checkpoint`)
  if (typeof startOffsets === 'string') {
    fail(startOffsets)
    return
  }
  for (const { name, isDirectory } of disk.list(directory)) {
    if (!isDirectory || !/-\d+$/.test(name)) continue
    const dash = name.lastIndexOf('-')
    const startOffset = startOffsets.get(name.slice(0, dash), Number(name.slice(dash + 1))) ?? -1
    for (const { file, position, problem } of verifyLog(disk, `${directory}/${name}`, { deep: true, startOffset })
      .findings)
      if (!file.endsWith(DELETED) && !FORGOTTEN_EPOCH.test(problem) && !COMPACTED.test(problem))
        fail(`${file} at ${position}: ${problem}`)
  }
}
