/**
 * Who is signed in. The cookie holds a random token; here lies only its hash. A session ends after some hours without a
 * request, after some days in any case, at sign-out, and when the console ends. Bounded.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Grant } from './visitor.ts'

export interface Session {
  readonly name: string
  readonly kind: 'local' | 'oidc'
  /** Those that a provider gave; local users' are read from their file at each request. */
  readonly grants: Readonly<Record<string, Grant>>
  readonly createdAtMs: number
  seenAtMs: number
}

const IDLE_MS_MAX = 12 * 3_600_000
export const SESSION_AGE_MS_MAX = 7 * 24 * 3_600_000
const SESSIONS_MAX = 10_000

export class SessionStore {
  readonly #sessions = new Map<string, Session>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Opens a session and returns its token. */
  open(name: string, kind: Session['kind'], grants: Session['grants'] = {}): string {
    const token = randomBytes(32).toString('base64url')
    const now = this.#now()
    for (const [key, session] of this.#sessions) {
      if (this.#sessions.size < SESSIONS_MAX && !this.#isOver(session)) break
      this.#sessions.delete(key)
    }
    this.#sessions.set(hashOf(token), { name, kind, grants, createdAtMs: now, seenAtMs: now })
    return token
  }

  find(token: string): Session | null {
    const key = hashOf(token)
    const session = this.#sessions.get(key)
    if (!session) return null
    if (this.#isOver(session)) {
      this.#sessions.delete(key)
      return null
    }
    session.seenAtMs = this.#now()
    return session
  }

  close(token: string): void {
    this.#sessions.delete(hashOf(token))
  }

  #isOver({ createdAtMs, seenAtMs }: Session): boolean {
    const now = this.#now()
    return now - seenAtMs > IDLE_MS_MAX || now - createdAtMs > SESSION_AGE_MS_MAX
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
