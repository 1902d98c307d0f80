/** The cookie of a session: no script can read it, and other sites' requests do not carry it. */
import { SESSION_AGE_MS_MAX } from './session-store.ts'

export const SESSION_COOKIE = 'odradek_session'

export function sessionCookie(token: string, isSecure: boolean): string {
  return cookie(SESSION_COOKIE, token, Math.floor(SESSION_AGE_MS_MAX / 1000), isSecure)
}

export function endedSessionCookie(isSecure: boolean): string {
  return cookie(SESSION_COOKIE, '', 0, isSecure)
}

/** A cookie that only the browser's own requests to this site send along. */
export function cookie(name: string, value: string, ageSeconds: number, isSecure: boolean): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${ageSeconds}${isSecure ? '; Secure' : ''}`
}

/** The value of a cookie in a Cookie header, or null. */
export function cookieValue(header: string | null, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim() || null
  }
  return null
}
