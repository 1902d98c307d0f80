/** Makes the context of a request, for whichever transport: HTTP, WebSocket or a call in the same process. */
import { cookieValue, SESSION_COOKIE } from './access/session-cookie.ts'
import type { Console } from './console.ts'
import type { Context } from './context.ts'
import { refuse } from './failure.ts'

/** What a transport tells of a request. */
export interface RequestFacts {
  /** A header by its lower-case name. */
  header(name: string): string | null
  readonly remoteAddress: string
  /** Sends a Set-Cookie header; left out where that is not possible (WebSocket). */
  setCookie?(value: string): void
}

export async function createContext(console: Console, request: RequestFacts): Promise<Context> {
  const token = cookieValue(request.header('cookie'), SESSION_COOKIE)
  return {
    console,
    // Looked up each time: a WebSocket lives longer than a session may.
    get visitor() {
      return console.access.visitor(token)
    },
    token,
    remoteAddress: request.remoteAddress,
    assertSameOrigin: () => assertSameOrigin(request),
    setCookie: (value) => request.setCookie?.(value),
    note: () => {},
  }
}

/** Browsers tell where a request comes from; programs that are no browser tell nothing, and have no cookie to be misused. */
function assertSameOrigin(request: RequestFacts): void {
  const site = request.header('sec-fetch-site')
  const origin = request.header('origin')
  const host = request.header('host')
  const isForeign = (site !== null && site !== 'same-origin' && site !== 'none') || !isOriginOf(origin, host)
  if (!isForeign) return
  throw refuse('FORBIDDEN', 'The request comes from another site.', {
    tried: 'change something',
    remedy: "Use the console's own pages.",
  })
}

/** Whether an Origin header is that of the host asked, or is not there. */
export function isOriginOf(origin: string | null, host: string | null): boolean {
  if (origin === null) return true
  if (host === null || !URL.canParse(origin)) return false
  return new URL(origin).host === host
}
