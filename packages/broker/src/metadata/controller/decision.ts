/**
 * What the controller decides. A decision is a pure function of an image and a request; it changes at most one key of the
 * store, so that any number of them can be packed into transactions and made again one by one where another broker was
 * faster.
 */
import type { BrokerConfig, BrokerLayers } from '@odradek/config'
import type { Random } from '../../host/random.ts'
import type { Compare } from '../store.ts'

/** The new value of one key, or null to delete it. */
export interface Change {
  readonly key: string
  readonly value: string | null
  /** The modification revision of the value the decision saw; 0 where there was none. */
  readonly base: number
  /** What else must hold when it is stored: few, and of keys that decisions do not change. */
  readonly compares?: readonly Compare[]
}

export interface Decision<Result> {
  readonly result: Result
  /** Null when there is nothing to change, also because of an error. */
  readonly change: Change | null
}

/** What decisions know beside the image. */
export interface DecisionContext {
  /** Effective, dynamic settings included. */
  readonly config: BrokerConfig
  /** Where the settings come from. The same object while they are the same. */
  readonly layers: BrokerLayers
  readonly random: Random
}

/** An error to answer: a code of the protocol and, for the person who asked, why. */
export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string | null
}
