/** What is sent in one attempt to disturb a broker, and how. */
export interface FuzzCase {
  readonly layer: Layer
  /** In a few words, for reports. */
  readonly what: string
  /** Written one after the other, with a pause in between. */
  readonly pieces: readonly Buffer[]
  /** What its client does once all is written: waits for answers, sends its end first, breaks the connection, or never reads. */
  readonly ending: 'wait' | 'end' | 'reset' | 'deaf'
  /** Nothing is wrong with it: the broker may refuse what it asks, but not the connection. */
  readonly isValid: boolean
}

export const layers = ['requests', 'bodies', 'batches', 'payloads', 'frames'] as const
export type Layer = (typeof layers)[number]
