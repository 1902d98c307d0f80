import { openSocket, repeat } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

const STEP_MS = 50

/** Twenty connections a second that end their side at once, idle or inside a request, and wait for the other. */
export const halfClosed: Attack = async (target, stopped, counts) => {
  let turn = 0
  await repeat(STEP_MS, stopped, async () => {
    const socket = await openSocket(target)
    turn += 1
    if (turn % 2 === 0) socket.write(Buffer.from([0, 0, 1, 0, 0, 18, 0]))
    socket.resume().end()
    counts.halfClosed = (counts.halfClosed ?? 0) + 1
  })
}
