/**
 * Sign-in by OpenID Connect: authorization code with PKCE, state and nonce. A sign-in that is under way belongs to the browser
 * that began it (a cookie says so), lives some minutes, and ends at its first answer.
 */
import * as client from 'openid-client'
import { z } from 'zod'
import { roles } from './permissions.ts'
import { type Grant, isReservedName } from './visitor.ts'

const grant = z.strictObject({ role: z.enum(roles), payloads: z.boolean(), edit: z.boolean().optional() })

export const oidcSettings = z.strictObject({
  /** What the button says: "Sign in with …". */
  name: z.string().min(1).max(100),
  issuer: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  scope: z.string().default('openid profile email'),
  /** The claim that is the person's name here, and the one whose values give grants. */
  nameClaim: z.string().default('email'),
  groupsClaim: z.string().default('groups'),
  /** Who has the value in the groups claim gets the grant on the cluster (`*`: all). The first that fits each cluster holds. */
  grants: z
    .array(z.strictObject({ value: z.string(), cluster: z.string().default('*'), ...grant.shape }))
    .max(1000)
    .default([]),
  /** Whoever signs in gets this on all clusters where no other grant fits; none: nothing. */
  everyone: grant.optional(),
})
export type OidcSettings = z.input<typeof oidcSettings>
type Settings = z.output<typeof oidcSettings>

/** Someone whom the provider has let in. */
export interface SignedIn {
  readonly name: string
  readonly grants: Readonly<Record<string, Grant>>
  /** Where they wanted to go: a path of this site. */
  readonly returnTo: string
}

interface Pending {
  readonly verifier: string
  readonly nonce: string
  readonly returnTo: string
  readonly redirectUri: string
  readonly atMs: number
}

const PENDING_MAX = 1000
const PENDING_MS_MAX = 10 * 60_000

/** The sign-in was refused; its message may be shown. */
export class SignInError extends Error {}

export class OidcProvider {
  readonly settings: Settings
  #configuration: Promise<client.Configuration> | null = null
  readonly #pending = new Map<string, Pending>()

  constructor(settings: OidcSettings) {
    this.settings = oidcSettings.parse(settings)
  }

  /** Where to send the browser, and the state that its cookie must hold when it comes back. */
  async begin(redirectUri: string, returnTo: string): Promise<{ url: string; state: string }> {
    const configuration = await this.#discover()
    const state = client.randomState()
    const nonce = client.randomNonce()
    const verifier = client.randomPKCECodeVerifier()
    const now = Date.now()
    for (const [key, { atMs }] of this.#pending) {
      if (this.#pending.size < PENDING_MAX && now - atMs <= PENDING_MS_MAX) break
      this.#pending.delete(key)
    }
    this.#pending.set(state, { verifier, nonce, returnTo: localPath(returnTo), redirectUri, atMs: now })
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.settings.scope,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    return { url: url.href, state }
  }

  /** The provider has sent the browser back with `query`. Throws a SignInError. */
  async finish(query: string, state: string | null): Promise<SignedIn> {
    const pending = state === null ? undefined : this.#pending.get(state)
    if (state === null || !pending || Date.now() - pending.atMs > PENDING_MS_MAX) {
      throw new SignInError('This sign-in has expired, or was begun in another browser. Begin again.')
    }
    this.#pending.delete(state)
    const configuration = await this.#discover()
    try {
      const url = new URL(pending.redirectUri)
      url.search = query
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (!claims) throw new SignInError('The provider sent no ID token.')
      const told: Record<string, unknown> = { ...claims }
      if (configuration.serverMetadata().userinfo_endpoint !== undefined) {
        Object.assign(told, await client.fetchUserInfo(configuration, tokens.access_token, claims.sub))
      }
      return { ...this.#visitorOf(told), returnTo: pending.returnTo }
    } catch (error) {
      if (error instanceof SignInError) throw error
      throw new SignInError(`The provider refused the sign-in: ${(error as Error).message}`, { cause: error })
    }
  }

  #visitorOf(claims: Readonly<Record<string, unknown>>): Omit<SignedIn, 'returnTo'> {
    const { nameClaim, groupsClaim, grants: rules, everyone } = this.settings
    const name = [claims[nameClaim], claims.preferred_username, claims.sub].find((text) => typeof text === 'string')
    if (name === undefined) throw new SignInError(`The provider tells no name (claim ${nameClaim}).`)
    if (isReservedName(name as string)) throw new SignInError(`Nobody can be called ${name} here.`)
    const groups = new Set(Array.isArray(claims[groupsClaim]) ? claims[groupsClaim] : [claims[groupsClaim]])
    const grants: Record<string, Grant> = {}
    for (const { value, cluster, ...grant } of rules) {
      if (groups.has(value) && !Object.hasOwn(grants, cluster)) grants[cluster] = grant
    }
    if (everyone && !Object.hasOwn(grants, '*')) grants['*'] = everyone
    if (Object.keys(grants).length === 0) throw new SignInError(`${name} may not use this console: no grant fits.`)
    return { name: name as string, grants }
  }

  /** Asked once; a provider that is away is asked again at the next sign-in. */
  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings
    // Plain HTTP is for a provider on this machine only.
    const isLocal = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(issuer)
    this.#configuration ??= client
      .discovery(new URL(issuer), clientId, clientSecret, undefined, {
        ...(isLocal ? { execute: [client.allowInsecureRequests] } : {}),
        timeout: 10,
      })
      .catch((error: Error) => {
        this.#configuration = null
        throw new SignInError(`The provider ${issuer} cannot be reached: ${error.message}`, { cause: error })
      })
    return this.#configuration
  }
}

/** A path of this site, whatever was given: never another site. */
export function localPath(text: string): string {
  const base = 'http://console.invalid'
  if (!text.startsWith('/') || !URL.canParse(text, base)) return '/'
  const url = new URL(text, base)
  return url.origin === base ? `${url.pathname}${url.search}${url.hash}` : '/'
}
