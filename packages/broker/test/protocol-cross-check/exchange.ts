import type { Api, RequestInput, RequestOf, ResponseOf } from '@odradek/protocol'

/** A message and who can say it in which versions (if not given, all). */
export interface Spoken<T> {
  readonly since?: number
  readonly until?: number
  /** The only client that can say or hear it, if one cannot. */
  readonly client?: 'kafkajs' | 'platformatic'
  readonly message: T
}

/** How one client says a request of an API, and what it makes of a response. */
export interface Dialect<A, Arguments> {
  /** What the client's encoder is called with, to say `request`. */
  readonly say: (request: RequestOf<A>, version: number) => Arguments
  /** `request` as the client says it, where it has no argument for a field and puts its own value there. */
  readonly said?: (request: RequestInput<A>, version: number) => RequestInput<A>
  /** `response` in the client's own arrangement, where more than names differ. */
  readonly heard?: (response: ResponseOf<A>, version: number) => unknown
}

/** An API with messages to say, and how the clients say them. Left out: the client does not know the API. */
export interface Exchange<A = Api> {
  readonly api: A
  readonly requests: readonly Spoken<RequestInput<A>>[]
  readonly responses: readonly Spoken<ResponseOf<A>>[]
  readonly kafkajs?: Dialect<A, unknown>
  readonly platformatic?: Dialect<A, readonly unknown[]>
}

/** Declares an exchange, with the types of its API. */
export function exchange<A>(of: Exchange<A>): Exchange {
  return of as unknown as Exchange
}

/** A UUID as @platformatic/kafka writes it: hexadecimal with hyphens. */
export function hyphened(uuid: string): string {
  const hex = Buffer.from(uuid, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
