/**
 * Who is signed in. The cookie holds a random token; here lies only its hash. A session ends after some hours without a request, after
 * some days in any case, at sign-out, and when its user has another password. Bounded. With a path the sessions are kept in a file that
 * only its owner can read: a console that is started again signs nobody out, and consoles of the same users share their sessions.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { roles } from './permissions.ts'

const session = z.strictObject({
  name: z.string(),
  kind: z.enum(['local', 'oidc']),
  /** Those that a provider gave; local users' are read from their file at each request. */
  grants: z.record(z.string(), z.strictObject({ role: z.enum(roles), payloads: z.boolean() })),
  /** What a local user's session stands on: another password, and it is over. */
  seal: z.string(),
  createdAtMs: z.number(),
  seenAtMs: z.number(),
})
const file = z.strictObject({ sessions: z.record(z.string(), session) })

export type Session = z.infer<typeof session>

const IDLE_MS_MAX = 12 * 3_600_000
export const SESSION_AGE_MS_MAX = 7 * 24 * 3_600_000
const SESSIONS_MAX = 10_000
/** When a session was last used is written down so often. */
const SEEN_MS = 10 * 60_000

export class SessionStore {
  readonly #path: string | null
  readonly #now: () => number
  readonly #sessions = new Map<string, Session>()
  #version = ''

  constructor(path: string | null = null, now: () => number = Date.now) {
    this.#path = path
    this.#now = now
    this.#read()
  }

  /** Opens a session and returns its token. */
  open(name: string, kind: Session['kind'], grants: Session['grants'] = {}, seal = ''): string {
    this.#read()
    const token = randomBytes(32).toString('base64url')
    const now = this.#now()
    for (const [key, session] of this.#sessions) {
      if (this.#sessions.size < SESSIONS_MAX && !this.#isOver(session)) break
      this.#sessions.delete(key)
    }
    this.#sessions.set(hashOf(token), { name, kind, grants, seal, createdAtMs: now, seenAtMs: now })
    this.#write()
    return token
  }

  find(token: string): Session | null {
    this.#read()
    const key = hashOf(token)
    const session = this.#sessions.get(key)
    if (!session) return null
    if (this.#isOver(session)) {
      this.#sessions.delete(key)
      return null
    }
    const isLongAgo = this.#now() - session.seenAtMs > SEEN_MS
    session.seenAtMs = this.#now()
    if (isLongAgo) this.#write()
    return session
  }

  close(token: string): void {
    this.#read()
    if (this.#sessions.delete(hashOf(token))) this.#write()
  }

  #isOver({ createdAtMs, seenAtMs }: Session): boolean {
    const now = this.#now()
    return now - seenAtMs > IDLE_MS_MAX || now - createdAtMs > SESSION_AGE_MS_MAX
  }

  /** Takes over what another console has written since. A file that is gone or damaged holds none: people sign in again. */
  #read(): void {
    if (this.#path === null) return
    const version = versionOf(this.#path)
    if (version === this.#version) return
    this.#version = version
    const before = new Map(this.#sessions)
    this.#sessions.clear()
    try {
      const kept = file.parse(JSON.parse(readFileSync(this.#path, 'utf8'))).sessions
      for (const [key, session] of Object.entries(kept)) {
        session.seenAtMs = Math.max(session.seenAtMs, before.get(key)?.seenAtMs ?? 0)
        if (!this.#isOver(session)) this.#sessions.set(key, session)
      }
    } catch {}
  }

  #write(): void {
    if (this.#path === null) return
    const next = `${this.#path}.${process.pid}.new`
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
      writeFileSync(next, JSON.stringify({ sessions: Object.fromEntries(this.#sessions) }), { mode: 0o600 })
      renameSync(next, this.#path)
      this.#version = versionOf(this.#path)
    } catch (error) {
      // Signing in works without it; whoever starts the console again signs in again.
      process.stderr.write(`The sessions cannot be kept in ${this.#path}: ${(error as Error).message}\n`)
    }
  }
}

/** Another text whenever the file is another; empty: there is none. */
function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
