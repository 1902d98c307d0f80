import { encodeBatch, Produce, sliceOf } from '@odradek/protocol'
import { encodeRequest, PRODUCE_VERSION } from '../../load/control-client.ts'
import { openSocket, repeat } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

const CONNECTIONS = 20
const RECORD_BYTES = 256 * 1024
const PIECE_BYTES = 512
const STEP_MS = 50

/** Requests of 256 KiB, half a kibibyte at a time: none is finished before its connection is given up. */
export const trickle: Attack = async (target, stopped, counts) => {
  const records = sliceOf(encodeBatch({ records: [{ value: Buffer.alloc(RECORD_BYTES, 1), timestamp: Date.now() }] }))
  const topicData = [{ name: target.plainTopic, partitionData: [{ index: 0, records }] }]
  const frame = encodeRequest(Produce, PRODUCE_VERSION, 1, { acks: 1, timeoutMs: 1000, topicData })
  const one = async () => {
    let socket = await openSocket(target)
    let at = 0
    await repeat(STEP_MS, stopped, async () => {
      if (socket.destroyed) {
        socket = await openSocket(target)
        at = 0
      }
      socket.write(frame.subarray(at, at + PIECE_BYTES))
      at = (at + PIECE_BYTES) % frame.length
      counts.trickledPieces = (counts.trickledPieces ?? 0) + 1
    })
    socket.destroy()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
}
