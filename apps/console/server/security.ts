import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * The headers of every answer. Scripts run only with the nonce of the very page; nothing is loaded from elsewhere, nobody frames us.
 * Next reads the nonce from the request's header of the same name.
 */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse, dev: boolean): void {
  const nonce = randomBytes(16).toString('base64')
  const policy = [
    `default-src 'none'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ''}`,
    dev ? `style-src 'self' 'unsafe-inline'` : `style-src 'self' 'nonce-${nonce}'`,
    // Positions and widths are attributes; an attribute cannot load or run anything.
    `style-src-attr 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ')
  request.headers['content-security-policy'] = policy
  response.setHeader('Content-Security-Policy', policy)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Frame-Options', 'DENY')
  response.setHeader('Referrer-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  response.setHeader('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
}

/** Whether a request that a browser says something about comes from our own pages. Programs that are no browser say nothing. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

/**
 * Whether the Host asked for is one that we are known by. Without users, a name that a foreign page made to point at loopback (DNS
 * rebinding) must not reach us: its pages would be of the same origin.
 */
export function isKnownHost(request: IncomingMessage, allowed: ReadonlySet<string>): boolean {
  const { host } = request.headers
  if (host === undefined || !URL.canParse(`http://${host}`)) return false
  return allowed.has(new URL(`http://${host}`).hostname)
}
