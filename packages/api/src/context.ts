/** What every procedure is given: the console, who asks, and a few words about the request. */

import type { Visitor } from './access/visitor.ts'
import type { Console } from './console.ts'

export interface ChangeNote {
  /** Of the entry, where others refer to it. */
  readonly id?: string
  readonly resource?: string
  readonly before?: unknown
  readonly after?: unknown
  /** The cluster was only asked whether it would, or it was done by an earlier call: no entry. */
  readonly changesNothing?: boolean
}

export interface Context {
  readonly console: Console
  readonly visitor: Visitor
  /** The session cookie, if there is one. */
  readonly token: string | null
  readonly remoteAddress: string
  /** Throws unless the request comes from the console's own pages, or from a program that is no browser. */
  assertSameOrigin(): void
  /** Sends a Set-Cookie header, where the transport can. */
  setCookie(value: string): void
  /** Notes what a mutation changed, for the audit. Does nothing outside of mutations of a cluster. */
  note(change: ChangeNote): void
}
