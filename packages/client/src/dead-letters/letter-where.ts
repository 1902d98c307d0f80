/** Which letters of a topic: what facets count by, and what a click on one asks for. */
import type { LetterPlace } from './dead-letter.ts'
import type { BriefMeaning } from './letter-meaning.ts'

export const letterStates = ['new', 'resent', 'resolved'] as const
export type LetterStateKind = (typeof letterStates)[number]

/** What was done about a letter. */
export interface LetterState {
  /** Resolved if it is marked so; else resent if it was sent again. */
  readonly kind: LetterStateKind
  /** How often it was sent again. */
  readonly resent: number
  readonly isResolved: boolean
}

/** All that is given must hold; of each list one. Plain data: it travels in URLs and to workers. */
export interface LetterWhere {
  /** null: no error is told. */
  readonly errorClasses?: readonly (string | null)[]
  /** null: the origin is unknown. */
  readonly originTopics?: readonly (string | null)[]
  /** Retries before it became a letter. */
  readonly attempts?: readonly number[]
  /** When it became a letter, epoch milliseconds; from, and before. */
  readonly fromMs?: number
  readonly toMs?: number
  readonly states?: readonly LetterStateKind[]
  readonly places?: readonly LetterPlace[]
}

/** Whether a letter is one of those that are asked for. */
export class LetterFilter {
  readonly #where: LetterWhere
  readonly #places: ReadonlySet<string> | null

  constructor(where: LetterWhere) {
    this.#where = where
    this.#places =
      where.places === undefined ? null : new Set(where.places.map(({ partition, offset }) => `${partition}@${offset}`))
  }

  matches(place: LetterPlace, timestamp: number, brief: BriefMeaning, state: LetterStateKind): boolean {
    const { errorClasses, originTopics, attempts, fromMs, toMs, states } = this.#where
    if (fromMs !== undefined && timestamp < fromMs) return false
    if (toMs !== undefined && timestamp >= toMs) return false
    if (states !== undefined && !states.includes(state)) return false
    if (errorClasses !== undefined && !errorClasses.includes(brief.errorClass)) return false
    if (originTopics !== undefined && !originTopics.includes(brief.originTopic)) return false
    if (attempts !== undefined && !attempts.includes(brief.retries)) return false
    return this.#places === null || this.#places.has(`${place.partition}@${place.offset}`)
  }
}
