/** A console on HTTP, as the host serves it: routers and sign-in on one port. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { appRouter, type Console, createContext, handleSignIn } from '../src/index.ts'

export class ServedConsole implements AsyncDisposable {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async open(console: Console): Promise<ServedConsole> {
    const trpc = createHTTPHandler({
      router: appRouter,
      basePath: '/api/trpc/',
      createContext: ({ req, res }) =>
        createContext(console, {
          header: (name) => {
            const value = req.headers[name]
            return Array.isArray(value) ? value.join(', ') : (value ?? null)
          },
          remoteAddress: req.socket.remoteAddress ?? '',
          setCookie: (value) => void res.appendHeader('Set-Cookie', value),
        }),
    })
    const server = createServer((request, response) => {
      handleSignIn(console, request, response).then(
        (isDone) => isDone || trpc(request, response),
        () => response.writeHead(500).end(),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ServedConsole(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
