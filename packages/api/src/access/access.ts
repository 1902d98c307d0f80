/** Who may use the console: users, sessions, sign-in. Without users and without a provider it is open. */
import { createHash } from 'node:crypto'
import { refuse } from '../failure.ts'
import { LoginLimiter } from './login-limiter.ts'
import { OidcProvider, type OidcSettings } from './oidc.ts'
import { SessionStore } from './session-store.ts'
import { type User, UserFile } from './user-file.ts'
import { anonymousVisitor, openVisitor, type Visitor } from './visitor.ts'

export interface AccessOptions {
  /** The file of the local users; none: there are none. */
  readonly users?: string | undefined
  /** Sign-in by OpenID Connect. */
  readonly oidc?: OidcSettings | undefined
  /** How browsers reach the console, where that is not how it listens: https://console.example.org */
  readonly publicUrl?: string | undefined
}

const VERIFICATIONS_MAX = 4

export class Access {
  readonly sessions: SessionStore
  readonly oidc: OidcProvider | null
  readonly publicUrl: string | null
  readonly #users: UserFile | null
  readonly #limiter = new LoginLimiter()
  #verifying = 0
  #isClosed = false

  constructor(options: AccessOptions) {
    this.#users = options.users === undefined ? null : new UserFile(options.users)
    this.sessions = new SessionStore(options.users === undefined ? null : sessionFilePath(options.users))
    this.oidc = options.oidc ? new OidcProvider(options.oidc) : null
    this.publicUrl = options.publicUrl ?? null
    // A file that cannot be read must not make an open console of it.
    void this.isOpen
  }

  /**
   * Nobody is asked who they are: there are no users, and no provider. The first user ends that, and it does not come
   * back while the console runs: removing the last user must not let everyone in.
   */
  get isOpen(): boolean {
    this.#isClosed ||= this.oidc !== null || this.hasLocalUsers
    return !this.#isClosed
  }

  get hasLocalUsers(): boolean {
    return (this.#users?.users.length ?? 0) > 0
  }

  get isSecure(): boolean {
    return this.publicUrl?.startsWith('https:') === true
  }

  /** Whoever has this session. */
  visitor(token: string | null): Visitor {
    const session = token === null ? null : this.sessions.find(token)
    if (session?.kind === 'oidc') {
      return this.oidc ? { name: session.name, kind: 'oidc', grants: session.grants } : anonymousVisitor
    }
    if (session) {
      const user = this.#users?.find(session.name)
      return user && sealOf(user) === session.seal
        ? { name: user.name, kind: 'local', grants: user.grants }
        : anonymousVisitor
    }
    return this.isOpen ? openVisitor : anonymousVisitor
  }

  /** Opens a session for a local user and returns its token. Throws UNAUTHORIZED or TOO_MANY_REQUESTS. */
  async login(name: string, password: string, remoteAddress: string): Promise<string> {
    const tried = `sign in as "${name}"`
    const keys = [
      { text: `name ${name}`, freeFailures: 5 },
      { text: `address ${remoteAddress}`, freeFailures: 30 },
    ]
    const waitMs = this.#limiter.waitMs(keys)
    if (waitMs > 0 || this.#verifying >= VERIFICATIONS_MAX) {
      const seconds = Math.max(1, Math.ceil(waitMs / 1000))
      throw refuse('TOO_MANY_REQUESTS', `Too many tries. Wait ${seconds} s.`, { tried, remedy: `Wait ${seconds} s.` })
    }
    this.#limiter.begin(keys)
    this.#verifying += 1
    try {
      const user = (await this.#users?.verify(name, password)) ?? null
      if (!user) {
        throw refuse('UNAUTHORIZED', 'The name or the password is wrong.', {
          tried,
          remedy: 'Try again, or ask an administrator for a new password.',
        })
      }
      // Not the address: whoever has one account there could clear the way for guessing others.
      this.#limiter.succeed(keys.slice(0, 1))
      return this.sessions.open(user.name, 'local', {}, sealOf(user))
    } finally {
      this.#verifying -= 1
    }
  }
}

/** Beside the users: `console-users.json` has its sessions in `console-users.sessions.json`. */
function sessionFilePath(users: string): string {
  return `${users.replace(/\.json$/, '')}.sessions.json`
}

/** Tells one password of a user from the next, and nothing about either. */
function sealOf({ password }: User): string {
  return createHash('sha256').update(password).digest('base64')
}
