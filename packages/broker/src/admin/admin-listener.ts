/** The admin listener: HTTP + JSON for what the Kafka protocol has no word for. `GET /health` says whether the broker serves. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Health {
  readonly status: 'ok' | 'degraded' | 'starting' | 'stopping'
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[]
  readonly nodeId: number
  readonly clusterId: string
  readonly listeners: readonly string[]
  readonly topics: number
  readonly partitions: number
  readonly connections: number
}

export interface AdminListener {
  /** `host:port`, with the real port. */
  readonly address: string
  close(): Promise<void>
}

/** Listens on `host:port`. Rejects with the system's error. */
export async function openAdminListener(
  address: { host: string; port: number },
  health: () => Health,
): Promise<AdminListener> {
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://admin').pathname
    const known = path === '/health'
    const allowed = request.method === 'GET' || request.method === 'HEAD'
    const body = known && allowed ? health() : { error: known ? 'Use GET.' : `There is no ${path}. Try /health.` }
    const healthy = !('status' in body) || body.status === 'ok'
    response.writeHead(known ? (allowed ? (healthy ? 200 : 503) : 405) : 404, { 'content-type': 'application/json' })
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.unref()
  const { port } = server.address() as AddressInfo
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return {
    address: `${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
