/** What a machine says should happen, as data. The shell does it. */

/** The time a decision is made at: the wall clock for what is kept, the monotonic one for what is waited for. */
export interface Now {
  /** Milliseconds since the epoch. May step. */
  readonly wallMs: number
  /** Milliseconds from an arbitrary start, never going back. Deadlines are on this clock. */
  readonly monotonicMs: number
}

/** Names a request whose answer waits in the shell. A number; the type says which response ends it. */
export type Token<T> = number & { readonly answeredWith: (response: T) => void }

/** The end of a wait: `response` goes to the request that `token` names. Made by `complete`. */
export interface Completion {
  readonly token: number
  readonly response: unknown
}

/**
 * What a request, or the passing of time, leads to.
 *
 * `response` null means that the request waits under its token until a later decision (or this one) completes it.
 * The records are replayed in order before anything else is decided; all answers go out only when they are committed.
 */
export interface Decision<T, R> {
  readonly response: T | null
  readonly records: readonly R[]
  readonly answers?: readonly Completion[]
}

/** Ends the wait of `token`. */
export function complete<T>(token: Token<T>, response: T): Completion {
  return { token, response }
}
