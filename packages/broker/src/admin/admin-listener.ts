/**
 * The admin listener: HTTP for what the Kafka protocol has no word for. `GET /health` says whether the broker serves (JSON),
 * `GET /metrics` how it fares (Prometheus text); what else there is stands in routes, and is JSON.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { AdminRoute } from './admin-route.ts'

// Not imported: that reads every export of the module, and some of them load HTTP/2 and a client for WebSockets when they are
// read, which is 3 MB that no broker needs.
const http = process.getBuiltinModule('node:http')

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
  /** From now on it shows that. */
  show(sources: AdminSources): void
  close(): Promise<void>
}

/** What the listener shows. */
export interface AdminSources {
  health(): Health
  metrics(): Promise<{ contentType: string; text: string | AsyncIterable<string> }>
  /** Null while there is nothing to ask yet. */
  readonly routes: readonly AdminRoute[] | null
}

/** Listens on `host:port`. Rejects with the system's error. */
export async function openAdminListener(
  address: { host: string; port: number },
  sources: AdminSources,
): Promise<AdminListener> {
  let shown = sources
  const server: Server = http.createServer((request, response) => {
    answer(request, shown).then(
      ({ status, contentType, body }) => {
        response.writeHead(status, { 'content-type': contentType })
        if (request.method === 'HEAD') response.end()
        else if (typeof body === 'string') response.end(body)
        // Whoever asked is gone, or the text broke off: either way nobody waits for the rest.
        else pipeline(body, response).catch(() => response.destroy())
      },
      (error: Error) => {
        response.writeHead(500, { 'content-type': JSON_TYPE })
        response.end(`${JSON.stringify({ error: error.message })}\n`)
      },
    )
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
    show(next) {
      shown = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const JSON_TYPE = 'application/json'
const BODY_BYTES_MAX = 1024 * 1024

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | AsyncIterable<string>
}

async function answer(request: IncomingMessage, sources: AdminSources): Promise<Answer> {
  // By hand: not everything that a client may send here can be parsed as a URL.
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const known = sources.routes ?? []
  const routes = known.filter((route) => route.path === path)
  if (path !== '/health' && path !== '/metrics' && routes.length === 0) {
    if (sources.routes === null) return json(503, { error: 'The broker is starting; /health says how far it is.' })
    const paths = ['/health', '/metrics', ...new Set(known.map((route) => route.path))]
    return json(404, { error: `There is no ${path}. Try ${paths.join(', ')}.` })
  }
  const route = routes.find((one) => one.method === method)
  if (routes.length > 0 && route === undefined)
    return json(405, { error: `Use ${routes.map((one) => one.method).join(' or ')}.` })
  if (route !== undefined) {
    // Whoever looks at a page of somebody else would recall records for it: a browser names the page, programs have none.
    if (route.method === 'POST' && request.headers.origin !== undefined)
      return json(403, { error: `A page of ${request.headers.origin} may not change anything here.` })
    const body = await bodyOf(request)
    if ('error' in body) return json(body.status, { error: body.error })
    const { status = 200, body: told } = await route.answer({ query: new URLSearchParams(query), body: body.value })
    return json(status, told)
  }
  if (method !== 'GET') return json(405, { error: 'Use GET.' })
  if (path === '/health') {
    const health = sources.health()
    return json(health.status === 'ok' ? 200 : 503, health)
  }
  const { contentType, text } = await sources.metrics()
  return { status: 200, contentType, body: text }
}

/** What came with a request, as JSON; undefined where nothing did. */
async function bodyOf(request: IncomingMessage): Promise<{ value: unknown } | { status: number; error: string }> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // What is too much is read all the same, and dropped: whoever is cut off while sending sees a reset and no answer.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  if (bytes > BODY_BYTES_MAX) return { status: 413, error: `The body may have ${BODY_BYTES_MAX} bytes at most.` }
  if (bytes === 0) return { value: undefined }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()) }
  } catch (error) {
    return { status: 400, error: `The body is no JSON: ${(error as Error).message}` }
  }
}

function json(status: number, body: object): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(body)}\n` }
}
