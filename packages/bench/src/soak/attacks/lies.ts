import { once } from 'node:events'
import { apiList } from '@odradek/protocol'
import { Random } from '../../fuzz/random.ts'
import { validBatch } from '../../fuzz/random-batch.ts'
import { randomFrame } from '../../fuzz/random-request.ts'
import { Vocabulary } from '../../fuzz/vocabulary.ts'
import { openSocket, repeat } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

const STEP_MS = 25
const FAULT_RATE = 0.5
const LENGTHS = [-1, 0, 0x7fffffff, 200_000_000]

/** Lengths of frames, and lengths and counts in them, that are not the truth: forty connections a second. */
export const lies: Attack = async (target, stopped, counts) => {
  const random = new Random(Date.now())
  const vocabulary = new Vocabulary([target.plainTopic], ['liars'])
  await repeat(STEP_MS, stopped, async () => {
    const api = random.pick(apiList)
    const version = random.between(api.versions[0], api.versions[1])
    const frame = randomFrame(api, version, 1, { random, vocabulary, records: validBatch, faultRate: FAULT_RATE })
    if (random.chance(0.3)) frame.writeInt32BE(random.pick(LENGTHS))
    const socket = await openSocket(target)
    counts.lies = (counts.lies ?? 0) + 1
    socket.resume().end(frame)
    await Promise.race([once(socket, 'close'), once(stopped, 'abort'), new Promise((late) => setTimeout(late, 1000))])
    socket.destroy()
  })
}
