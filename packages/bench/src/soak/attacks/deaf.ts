import type { Socket } from 'node:net'
import { Fetch } from '@odradek/protocol'
import { encodeRequest, FETCH_VERSION } from '../../load/control-client.ts'
import { openSocket, repeat } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

const CONNECTIONS = 20
const ASKED = 50
const MIB = 1024 * 1024
/** Each leaves after this, and another comes. */
const STAY_MS = 5000

/** Clients that ask for fifty mebibytes each and never read. */
export const deaf: Attack = async (target, stopped, counts) => {
  const topics = [
    { topic: target.honestTopic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MIB }] },
    { topic: target.plainTopic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MIB }] },
  ]
  const frames = Buffer.concat(
    Array.from({ length: ASKED }, (_, id) =>
      encodeRequest(Fetch, FETCH_VERSION, id, { maxWaitMs: 0, minBytes: 0, maxBytes: MIB, topics }),
    ),
  )
  const sockets: Socket[] = []
  await repeat(STAY_MS / CONNECTIONS, stopped, async () => {
    const socket = await openSocket(target)
    socket.pause()
    socket.write(frames)
    counts.deafClients = (counts.deafClients ?? 0) + 1
    sockets.push(socket)
    if (sockets.length > CONNECTIONS) sockets.shift()!.destroy()
  })
  for (const socket of sockets) socket.destroy()
}
