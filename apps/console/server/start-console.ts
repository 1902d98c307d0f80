import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { join } from 'node:path'
import {
  appRouter,
  Console,
  createContext,
  handleExport,
  handleJobResults,
  handleLists,
  handleSignIn,
  UserFileError,
} from '@odradek/api'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import next from 'next'
import { WebSocketServer } from 'ws'
import { setHost } from './host.ts'
import { mendedAddress } from './mended-address.ts'
import { OptionError, type StartOptions } from './options.ts'
import { ADDRESS_HEADER, pageAddress } from './page-address.ts'
import { isKnownHost, isOwnOrigin, setSecurityHeaders } from './security.ts'

export interface RunningConsole {
  readonly url: string
  /** There are no users: everyone who reaches it may do everything. */
  readonly isOpen: boolean
  close(): Promise<void>
}

const BODY_BYTES_MAX = 4 * 1024 * 1024
const FRAME_BYTES_MAX = 256 * 1024
const PORTS_TRIED_MAX = 20

/** What can be saved as a file, by its address. */
const files = new Map([
  ['/api/export', handleExport],
  ['/api/job-results', handleJobResults],
  ['/api/topics.csv', handleLists],
  ['/api/groups.csv', handleLists],
])

/** Starts the console and resolves when it serves. @throws OptionError, and what the system says about the port. */
export async function startConsole(options: StartOptions): Promise<RunningConsole> {
  const { host, dev } = options
  const console = openConsole(options)
  // Nobody would be asked who they are: then only this machine may reach it.
  if (console.access.isOpen && !isLoopback(host)) {
    throw new OptionError(
      `Without users the console listens on loopback only, not on ${host}. Add one: odradek console users add NAME`,
    )
  }
  const server = createServer({ requestTimeout: 120_000, headersTimeout: 20_000 })
  const known = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host)])
  if (console.access.publicUrl !== null) known.add(new URL(console.access.publicUrl).hostname)
  // Cookies belong to a name, so that with users a name which a foreign page made up gives nobody anything.
  const isExpected = (request: IncomingMessage) => !console.access.isOpen || isKnownHost(request, known)

  setHost({
    router: appRouter,
    context: (headers) => createContext(console, { header: (name) => headers.get(name), remoteAddress: 'page' }),
  })
  // Next would listen for upgrades on our server too, find that `/api/ws` is a page's address (`[cluster]/[...rest]`) and end the
  // socket. On this server, which nobody reaches, it may: it is told only of those that are its own.
  const nextUpgrades = createServer()
  const folder = join(import.meta.dirname, '..')
  if (!dev) takeBuiltConfig(folder)
  const app = next({
    dev,
    dir: folder,
    hostname: host,
    port: options.port,
    httpServer: nextUpgrades,
  })
  await (dev ? app.prepare() : withoutNotes(() => app.prepare()))
  const pages = app.getRequestHandler()

  const trpc = createHTTPHandler({
    router: appRouter,
    basePath: '/api/trpc/',
    maxBodySize: BODY_BYTES_MAX,
    createContext: ({ req, res }) =>
      createContext(console, {
        ...factsOf(req),
        setCookie: (value) => void res.appendHeader('Set-Cookie', value),
      }),
  })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX })
  const live = applyWSSHandler({
    wss: sockets,
    router: appRouter,
    createContext: ({ req }) => createContext(console, factsOf(req)),
    keepAlive: { enabled: true, pingMs: 15_000, pongWaitMs: 10_000 },
  })

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    setSecurityHeaders(request, response, dev)
    // A layout is not told the address of its page; whatever the browser sent by this name is overwritten.
    request.headers[ADDRESS_HEADER] = pageAddress(request.url ?? '/')
    if (!isExpected(request)) return refuse(response, 421, 'This console is not known by that name.')
    const path = request.url?.split('?', 1)[0] ?? '/'
    const reading = request.method === 'GET' || request.method === 'HEAD'
    if (!reading && !isOwnOrigin(request)) return refuse(response, 403, 'The request comes from another site.')
    if (path.startsWith('/api/trpc/')) {
      response.setHeader('Cache-Control', 'no-store')
      return trpc(request, response)
    }
    if (path.startsWith('/api/auth/')) {
      const answered = (isOurs: boolean) => isOurs || refuse(response, 404, 'There is nothing at this address.')
      return void handleSignIn(console, request, response).then(answered, (error: Error) => {
        process.stderr.write(`${error.stack}\n`)
        refuse(response, 500, 'The sign-in failed.')
      })
    }
    const handle = files.get(path)
    if (handle !== undefined) {
      const context = () => createContext(console, factsOf(request))
      return void handle(context, request, response).catch((error: Error) => {
        process.stderr.write(`${error.stack}\n`)
        response.destroy()
      })
    }
    if (path === '/api/health')
      return void response.setHeader('Content-Type', 'application/json').end('{"status":"ok"}')
    const mended = mendedAddress(request.url ?? '/')
    if (mended !== null) return void response.writeHead(307, { Location: mended }).end()
    pages(request, response).catch((error: Error) => {
      process.stderr.write(`${error.stack}\n`)
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'The page could not be made.')
    })
  })
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?', 1)[0] === '/api/ws') {
      // A browser sends the cookie of this site with a WebSocket of any page: only the Origin tells whose page it is.
      if (!isExpected(request) || !isOwnOrigin(request)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
    } else if (dev) nextUpgrades.emit('upgrade', request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
  })
  const { port } = await listen(server, options)
  console.keepJobs()
  const [first] = console.sessions
  // Alerts are evaluated while the console runs, whether or not anybody looks.
  for (const { id } of console.sessions) console.alerts(id)
  if (options.demo && first !== undefined && !console.isReadOnly(first.id)) console.shops.start(first)
  return {
    url: `http://${bracketed(host)}:${port}/`,
    isOpen: console.access.isOpen,
    async close() {
      live.broadcastReconnectNotification()
      for (const client of sockets.clients) client.terminate()
      server.close()
      server.closeAllConnections()
      await console.close()
      await app.close()
    },
  }
}

function openConsole(options: StartOptions): Console {
  try {
    return new Console(options.console)
  } catch (error) {
    if (error instanceof UserFileError || error instanceof TypeError) throw new OptionError(error.message)
    throw error
  }
}

/** The pages are served by the configuration that they were built with: next.config.ts need not be compiled and run again. */
function takeBuiltConfig(folder: string): void {
  const file = join(folder, process.env.ODRADEK_CONSOLE_DIST ?? '.next', 'required-server-files.json')
  if (!existsSync(file)) throw new OptionError('The console is not built yet; odradek console builds it')
  const built: { config: object } = JSON.parse(readFileSync(file, 'utf8'))
  process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(built.config)
}

/** Does something whose notes nobody asked for: Next writes how long it took to read its settings. Warnings and errors are heard. */
async function withoutNotes(work: () => Promise<void>): Promise<void> {
  const { log } = globalThis.console
  globalThis.console.log = () => {}
  try {
    await work()
  } finally {
    globalThis.console.log = log
  }
}

/** Takes the port, or where nobody asked for that one the next that is free. */
async function listen(server: ReturnType<typeof createServer>, options: StartOptions): Promise<{ port: number }> {
  for (let port = options.port; ; port++) {
    server.listen(port, options.host)
    try {
      await once(server, 'listening')
      const address = server.address()
      return { port: typeof address === 'object' && address !== null ? address.port : port }
    } catch (error) {
      const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!busy) throw error
      if (!options.portMayMove || port >= options.port + PORTS_TRIED_MAX) {
        throw new OptionError(`Port ${port} is taken by another program; choose one with --port`)
      }
      process.stderr.write(`Port ${port} is taken, trying ${port + 1}\n`)
    }
  }
}

function factsOf(request: IncomingMessage) {
  return {
    header(name: string): string | null {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
    remoteAddress: request.socket.remoteAddress ?? '',
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(`${text}\n`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
