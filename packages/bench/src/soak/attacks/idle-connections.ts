import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSocket } from '../attack-socket.ts'
import type { Attack } from '../target.ts'

/** Connections are opened in groups of so many, with a pause in between. */
const AT_ONCE = 25
const PAUSE_MS = 25

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
