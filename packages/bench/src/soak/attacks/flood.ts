import { ApiVersions, Metadata } from '@odradek/protocol'
import { encodeRequest } from '../../load/control-client.ts'
import { openSocket, repeat } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

const CONNECTIONS = 2
const AT_ONCE = 500
const STEP_MS = 50

/** Two clients that send five hundred requests at a time, twenty times a second, and read what comes. */
export const flood: Attack = async (target, stopped, counts) => {
  const named = { clientSoftwareName: 'flood', clientSoftwareVersion: '1' }
  const frames = Buffer.concat(
    Array.from({ length: AT_ONCE }, (_, id) =>
      id % 10 === 0
        ? encodeRequest(Metadata, 12, id, { topics: [], allowAutoTopicCreation: false })
        : encodeRequest(ApiVersions, 3, id, named),
    ),
  )
  const one = async () => {
    let socket = await openSocket(target)
    socket.resume()
    await repeat(STEP_MS, stopped, async () => {
      if (socket.destroyed) socket = (await openSocket(target)).resume()
      // Faster than it is served it cannot be: its own side would fill up.
      if (socket.writableLength > 4 * frames.length) return
      socket.write(frames)
      counts.floodRequests = (counts.floodRequests ?? 0) + AT_ONCE
    })
    socket.destroy()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
}
