import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSocket } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

/** They come at some 300 a second: it is that they are there which is tried, not that they come. */
const AT_ONCE = 5
const PAUSE_MS = 15

/** So many connections that say nothing. */
export function idleConnections(count: number): Attack {
  return async (target, stopped, counts) => {
    const sockets: Socket[] = []
    while (sockets.length < count && !stopped.aborted) {
      sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => openSocket(target)))))
      counts.idleConnections = (counts.idleConnections ?? 0) + AT_ONCE
      await sleep(PAUSE_MS)
    }
    while (!stopped.aborted) await sleep(200, undefined, { signal: stopped }).catch(() => {})
    for (const socket of sockets.splice(0)) {
      socket.destroy()
      if (sockets.length % AT_ONCE === 0) await sleep(1)
    }
  }
}
