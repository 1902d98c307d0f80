import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from './target.ts'

/** A connection for bytes of any kind; its errors are nobody's concern. */
export async function openSocket(target: Target): Promise<Socket> {
  const socket = connect({ host: target.host, port: target.port, noDelay: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Calls `step` every `stepMs` until the signal is aborted; a step that fails (a connection that was closed) is one less. */
export async function repeat(stepMs: number, stopped: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!stopped.aborted) {
    const from = performance.now()
    await step().catch(() => {})
    await sleep(Math.max(1, stepMs - (performance.now() - from)), undefined, { signal: stopped }).catch(() => {})
  }
}
