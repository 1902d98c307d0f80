/**
 * The two addresses that sign-in by OpenID Connect needs, for the server that hosts the console: `GET /api/auth/oidc?next=PATH`
 * sends the browser to the provider, `GET /api/auth/oidc/callback` takes it back.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { localPath, SignInError } from '../access/oidc.ts'
import { cookie, cookieValue, sessionCookie } from '../access/session-cookie.ts'
import type { Console } from '../console.ts'

const BEGIN = '/api/auth/oidc'
const CALLBACK = '/api/auth/oidc/callback'
const STATE_COOKIE = 'odradek_sign_in'
const STATE_AGE_SECONDS = 600

/** Answers the request if it is one of the two, and says whether it was. */
export async function handleSignIn(
  console: Console,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  if (path !== BEGIN && path !== CALLBACK) return false
  const { oidc, isSecure } = console.access
  if (oidc === null || request.method !== 'GET') {
    end(response, oidc === null ? 404 : 405, 'Not here.')
    return true
  }
  response.setHeader('Cache-Control', 'no-store')
  try {
    if (path === BEGIN) {
      const returnTo = localPath(new URLSearchParams(query).get('next') ?? '/')
      const { url, state } = await oidc.begin(`${originOf(console, request)}${CALLBACK}`, returnTo)
      response.setHeader('Set-Cookie', cookie(STATE_COOKIE, state, STATE_AGE_SECONDS, isSecure))
      redirect(response, url)
    } else {
      const state = cookieValue(request.headers.cookie ?? null, STATE_COOKIE)
      const { name, grants, returnTo } = await oidc.finish(query, state)
      const token = console.access.sessions.open(name, 'oidc', grants)
      response.setHeader('Set-Cookie', [sessionCookie(token, isSecure), cookie(STATE_COOKIE, '', 0, isSecure)])
      redirect(response, returnTo)
    }
  } catch (error) {
    if (!(error instanceof SignInError)) throw error
    // The page of sign-in says it; nothing of it is taken for HTML there.
    redirect(response, `/login?error=${encodeURIComponent(error.message)}`)
  }
  return true
}

function originOf(console: Console, request: IncomingMessage): string {
  return console.access.publicUrl?.replace(/\/+$/, '') ?? `http://${request.headers.host ?? 'localhost'}`
}

function redirect(response: ServerResponse, location: string): void {
  response.statusCode = 303
  response.setHeader('Location', location)
  response.end()
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(`${text}\n`)
}
