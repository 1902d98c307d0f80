import type { AppRouter, Context } from '@odradek/api'

/** What server.ts hands to the pages: the very router and context that answer HTTP and WebSocket, in the same process. */
export interface Host {
  readonly router: AppRouter
  /** The context of a request: its cookies decide who asks. */
  context(headers: Headers): Promise<Context>
}

// Next bundles the pages; a symbol on the global object is the one thing that both sides see the same.
const key = Symbol.for('odradek.console.host')

/** Called by server.ts before the first request. */
export function setHost(host: Host): void {
  Object.assign(globalThis, { [key]: host })
}

/** @throws when the pages are served by anything but server.ts */
export function host(): Host {
  const value: Host | undefined = Reflect.get(globalThis, key)
  if (value === undefined) throw new Error('The console is served by server.ts (odradek console), not by next itself')
  return value
}
