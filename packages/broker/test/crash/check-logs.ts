import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, verifyLog } from '../../src/log-tools.ts'

/** What a kill may leave, and the next start settles. */
const HARMLESS: readonly RegExp[] = [
  // Where the log begins may be taken back, but not what epochs were forgotten with it.
  /^epoch \d+ begins at \d+, but a batch at \d+ has it$/,
  // How far a log is compacted is noted after it was.
  /^offsets \d+ to \d+ are missing$/,
  /^left over from a crash$/,
  /^is no log: it has neither segments nor partition.metadata$/,
]

/** What `odradek log verify` says of a data directory whose broker was killed: all batches are whole, but for the last. */
export function checkLogs(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (!/-\d+$/.test(name)) continue
    const directory = join(dataDir, name)
    const last = readdirSync(directory)
      .filter((file) => file.endsWith('.log'))
      .sort()
      .at(-1)
    const isHarmless = ({ file, severity, problem }: Finding) =>
      severity === 'warning' ||
      HARMLESS.some((harmless) => harmless.test(problem)) ||
      // A write that was on its way.
      (last !== undefined && file.endsWith(last) && /bytes are left|claims \d+ bytes/.test(problem))
    const findings = verifyLog(directory, { deep: true }).findings.filter((finding) => !isHarmless(finding))
    assert.deepEqual(findings, [], name)
  }
}
