/**
 * Sends one request to the address of a webhook. What a person enters there makes the console's host send requests, so:
 * only http and https, no user name in the address, no redirect is followed, link-local addresses (where clouds keep their
 * credentials) are refused whatever name leads there, nothing of the answer but its status is kept, and where the console's
 * settings name hosts, those only.
 */
import { createHmac } from 'node:crypto'
import { type LookupAddress, lookup } from 'node:dns'
import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { AttemptResult } from './alert-incident.ts'
import { isInScope } from './alert-rule.ts'

export interface Webhook {
  readonly url: string
  /** Signs the body, where there is one. */
  readonly secret: string | null
}

/** HMAC-SHA256 of the body under the secret, in hex. */
export const SIGNATURE_HEADER = 'odradek-signature'
/** The same however often a message is sent. */
export const DELIVERY_HEADER = 'odradek-delivery'

const TIMEOUT_MS = 10_000
/** Answers that another try may change, besides those from 500 on. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429])

const refused = new BlockList()
refused.addSubnet('169.254.0.0', 16, 'ipv4')
refused.addSubnet('fe80::', 10, 'ipv6')
// Where AWS keeps them on IPv6.
refused.addAddress('fd00:ec2::254', 'ipv6')

/** Why an address is not taken, a sentence; null: it is. `hosts` are the only ones allowed, `*` for any characters. */
export function webhookProblem(text: string, hosts: readonly string[] | undefined): string | null {
  if (!URL.canParse(text)) return 'This is no address: write https://host/path.'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'Only http and https addresses are called.'
  if (url.username !== '' || url.password !== '') return 'The address must not have a user name or password in it.'
  const host = hostOf(url)
  if (isIP(host) !== 0 && isRefused(host)) return `${host} is a link-local address, which is never called.`
  if (hosts !== undefined && !hosts.some((allowed) => isInScope(allowed, host)))
    return `${host} is none of the hosts that this console may call (webhookHosts).`
  return null
}

/** What can be shown of an address again: its path and query may be secrets. */
export function shownAddress(text: string): string {
  const { origin, pathname, search } = new URL(text)
  return pathname === '/' && search === '' ? `${origin}/` : `${origin}/…`
}

/** Posts a body. Never throws: whatever comes of it is a result. */
export function callWebhook(
  { url: text, secret }: Webhook,
  body: string,
  deliveryId: string,
  hosts: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<AttemptResult> {
  const problem = webhookProblem(text, hosts)
  if (problem !== null) return Promise.resolve({ status: null, error: problem, isFinal: true })
  const url = new URL(text)
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'odradek-console',
    [DELIVERY_HEADER]: deliveryId,
  }
  if (secret !== null) headers[SIGNATURE_HEADER] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const ends = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
  const send = url.protocol === 'https:' ? overHttps : overHttp
  return new Promise((resolve) => {
    const failed = (error: Error) => {
      const text = timeout.aborted ? `It did not answer within ${TIMEOUT_MS / 1000} s.` : error.message
      resolve({ status: null, error: text, isFinal: error instanceof RefusedAddress })
    }
    try {
      const request = send(url, { method: 'POST', headers, agent: false, lookup: guardedLookup, signal: ends })
      request.on('error', failed)
      request.on('response', (response) => {
        const status = response.statusCode ?? 0
        response.destroy()
        resolve(resultOf(status))
      })
      request.end(body)
    } catch (error) {
      failed(error as Error)
    }
  })
}

function resultOf(status: number): AttemptResult {
  if (status >= 200 && status < 300) return { status, error: null, isFinal: true }
  const isFinal = status < 500 && !RETRIED_STATUSES.has(status)
  const error =
    status >= 300 && status < 400 ? `It answers ${status}; redirects are not followed.` : `It answers ${status}.`
  return { status, error, isFinal }
}

class RefusedAddress extends Error {}

/** Looks a name up and takes only addresses that may be called: that which is looked at is that which is called. */
const guardedLookup: LookupFunction = (name, options, done) => {
  lookup(name, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return done(error, '', 0)
    const [first] = addresses
    const bad = addresses.find(({ address }) => isRefused(address))
    if (first === undefined || bad !== undefined) {
      return done(
        new RefusedAddress(`${name} is at ${bad?.address}, a link-local address, which is never called.`),
        '',
        0,
      )
    }
    if (options.all === true) (done as unknown as (error: null, all: LookupAddress[]) => void)(null, addresses)
    else done(null, first.address, first.family)
  })
}

function isRefused(address: string): boolean {
  return refused.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
