import type { Disk } from '@odradek/broker/src/host/disk.ts'
import { OffsetCheckpoint } from '@odradek/broker/src/storage/checkpoint.ts'
import { verifyLog } from '@odradek/broker/src/storage/verify.ts'

/** What a crash may leave, and what does no harm: all else that is found is a failure. */
const HARMLESS: readonly RegExp[] = [
  // Where the log begins may be taken back, but not what epochs were forgotten with it: followers only ask for them.
  /^epoch \d+ begins at \d+, but a batch at \d+ has it$/,
  // How far a log is compacted is noted after it was; holes in other logs are found where they are read.
  /^offsets \d+ to \d+ are missing$/,
  // Files on their way out, or a directory that nothing came into.
  /^left over from a crash$/,
  /^is no log: it has neither segments nor partition.metadata$/,
]

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
      if (!HARMLESS.some((harmless) => harmless.test(problem))) fail(`${file} at ${position}: ${problem}`)
  }
}
