import { type CodecName, Produce, sliceOf } from '@odradek/protocol'
import { bombBatch } from '../../fuzz/random-payload.ts'
import { ControlClient, PRODUCE_VERSION } from '../../load/control-client.ts'
import { repeat } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

const STEP_MS = 500
const CODECS: readonly Exclude<CodecName, 'none'>[] = ['gzip', 'zstd', 'snappy', 'lz4']
/** Of what they inflate to: one that may just be, one that may not. */
const MEBIBYTES = [19, 100, 200]

/** Small batches that inflate to very much, to a topic in which batches are opened: two a second. */
export const bombs: Attack = async (target, stopped, counts) => {
  // Made before they are sent: that takes longer than sending them.
  const batches = MEBIBYTES.flatMap((mebibytes) => CODECS.map((codec) => bombBatch(codec, mebibytes)))
  let client = await ControlClient.connect(target.host, target.port)
  let sent = 0
  await repeat(STEP_MS, stopped, async () => {
    const batch = batches[sent++ % batches.length]!
    const partitionData = [{ index: 0, records: sliceOf(batch) }]
    try {
      await client.send(Produce, PRODUCE_VERSION, {
        acks: 1,
        timeoutMs: 1000,
        topicData: [{ name: target.openedTopic, partitionData }],
      })
      counts.bombs = (counts.bombs ?? 0) + 1
    } catch {
      client.close()
      client = await ControlClient.connect(target.host, target.port)
    }
  })
  client.close()
}
