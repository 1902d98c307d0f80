/** What happened to a message, as far as its records and the commits of groups tell. Times are epoch milliseconds. */

export interface LifePlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface LifeAttempt {
  readonly time: number
  readonly client: string
  readonly host: string
  readonly error: string | null
}

export type LifeEvent = {
  /** When; null: not known. */
  readonly atMs: number | null
  /** The record that it is told by. */
  readonly place: LifePlace | null
  /** Whether that is the record which was asked for. */
  readonly isHere: boolean
} & (
  | {
      readonly kind: 'produced'
      /** Whose clock: the producer's, or the broker's. */
      readonly clock: 'client' | 'broker'
      readonly producerId: number | null
    }
  /** The record itself is no longer there; `missing` says why. */
  | { readonly kind: 'gone'; readonly missing: string }
  | {
      readonly kind: 'delayed'
      /** The header that asked for it. */
      readonly header: string
      readonly value: string
      /** When it was due, where the header says that. */
      readonly dueMs: number | null
      /** From its timestamp to its delivery. */
      readonly waitedMs: number | null
    }
  | { readonly kind: 'rescheduled'; readonly from: string }
  /** It waits for the first time that it can be read. */
  | { readonly kind: 'notYet'; readonly dueMs: number }
  | { readonly kind: 'visible'; readonly lateMs: number | null }
  /** A consumer reported a failure: the `number`th of its round. */
  | ({ readonly kind: 'failed'; readonly number: number } & Omit<LifeAttempt, 'time'>)
  /** The record was seen again after a wait. */
  | { readonly kind: 'retried'; readonly number: number; readonly waitedMs: number | null }
  /** It waits to be seen again, or to become a dead letter. */
  | { readonly kind: 'waits'; readonly number: number; readonly dueMs: number; readonly isDeadLetter: boolean }
  | { readonly kind: 'deadLetter'; readonly reason: string | null; readonly attempts: number }
  | {
      readonly kind: 'resent'
      readonly by: string | null
      readonly job: string | null
      /** The letter that was sent again: `topic-partition@offset`. */
      readonly from: string | null
      /** Where it went, `topic-partition`, where that is all that is known. */
      readonly to: string | null
      readonly target: LifePlace | null
      readonly isEdited: boolean
    }
  | { readonly kind: 'resolved' | 'unresolved'; readonly by: string | null }
  /** The group is past its last delivery, and no failure of it was found. */
  | { readonly kind: 'consumed' }
  /** The group stands before its last delivery, with `before` others first. */
  | { readonly kind: 'ahead'; readonly before: number }
  /** The group has committed nothing there. */
  | { readonly kind: 'notCommitted' }
)

/** Where a message stands with a group. */
export type LifeOutcome = 'consumed' | 'ahead' | 'waits' | 'deadLetter' | 'resent' | 'unknown'

export interface GroupLife {
  /** null: only the dead-letter topic is known, not whose it is. */
  readonly group: string | null
  readonly deadLetters: string | null
  /** As the coordinator tells; null: not known. */
  readonly state: string | null
  readonly events: readonly LifeEvent[]
  readonly outcome: LifeOutcome
}

/** What could not be learned, so that nobody takes silence for an answer. */
export type LifeUnknown =
  /** Commits say that a group is past a record, not when. */
  | { readonly kind: 'consumedWhen' }
  | { readonly kind: 'originUnknown' }
  | { readonly kind: 'originGone'; readonly place: LifePlace; readonly missing: string }
  /** Retries or letters may lie behind where the search ended. */
  | { readonly kind: 'searchCut'; readonly topic: string; readonly records: number }
  | { readonly kind: 'searchFailed'; readonly topic: string; readonly reason: string }
  /** Retries that wait are told by the admin listener alone. */
  | { readonly kind: 'waitingUntold'; readonly reason: string }
  /** The cluster has no retries of its own; dead letters are found by their headers. */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'groupsCut'; readonly looked: number; readonly total: number }
  | { readonly kind: 'noGroups' }
  /** Earlier attempts than these are not in its headers any more. */
  | { readonly kind: 'attemptsCut'; readonly group: string; readonly known: number; readonly total: number }

export interface MessageLife {
  /** The record that was asked for. */
  readonly asked: LifePlace
  /** The record that it all began with; null: not known. */
  readonly root: LifePlace | null
  readonly keyText: string | null
  /** Until it could be read for the first time. */
  readonly beginning: readonly LifeEvent[]
  /** Those for which something happened first, then those that stand before it, then those that have read it. */
  readonly groups: readonly GroupLife[]
  readonly unknown: readonly LifeUnknown[]
  /** What was read for that. */
  readonly searched: { readonly records: number; readonly bytes: number; readonly isCut: boolean }
}
