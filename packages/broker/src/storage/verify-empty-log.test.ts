import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RECOVERY_POINTS, START_OFFSETS } from './checkpointed-offset.ts'
import { encodePartitionMetadata } from './partition-metadata.ts'
import { nodeBench, TOPIC_ID } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

it('takes a log without segments for one that ends where it starts, and for a loss where it was durable beyond', () => {
  using bench = nodeBench()
  const { disk, directory } = bench
  disk.makeDirectory(`${directory}/t-0`)
  disk.replaceFile(`${directory}/t-0/partition.metadata`, encodePartitionMetadata(TOPIC_ID))
  disk.replaceFile(`${directory}/${RECOVERY_POINTS}`, '0\n1\nt 0 4\n')
  disk.replaceFile(`${directory}/${START_OFFSETS}`, '0\n1\nt 0 4\n')
  assert.deepEqual(verifyLog(disk, `${directory}/t-0`, { deep: true }).findings, [])
  // Of what was deleted the files stay for a while; what a compaction leaves is another matter.
  disk.replaceFile(`${directory}/t-0/00000000000000000000.log.deleted`, '')
  assert.deepEqual(verifyLog(disk, `${directory}/t-0`).findings, [])
  disk.replaceFile(`${directory}/t-0/00000000000000000000.log.cleaned`, '')
  assert.deepEqual(
    verifyLog(disk, `${directory}/t-0`).findings.map(({ problem }) => problem),
    ['left over from a crash'],
  )
  disk.remove(`${directory}/t-0/00000000000000000000.log.cleaned`)
  disk.replaceFile(`${directory}/${START_OFFSETS}`, '0\n1\nt 0 3\n')
  const [finding] = verifyLog(disk, `${directory}/t-0`, { deep: true }).findings
  assert.match(finding?.problem ?? '', /ends at offset 3, and all below 4 was durable/)
})
