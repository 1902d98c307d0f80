import type { Decoders } from '../../messages/filter/cel-filter.ts'
import type { MessageFilter } from '../../messages/filter/message-filter.ts'
import type { PayloadInput } from '../../messages/produce-message.ts'
import type { LetterPlace } from '../dead-letter.ts'
import type { LetterWhere } from '../letter-where.ts'

/** Where letters go: to the group's retry topic, where attempts begin anew; to the topic each came from; to one topic. */
export type ResendTarget =
  | { readonly kind: 'retry' }
  | { readonly kind: 'origin' }
  | { readonly kind: 'topic'; readonly topic: string }

/** Which letters. What a query matches is frozen when the job is made. */
export type ResendSelection =
  | { readonly kind: 'places'; readonly places: readonly LetterPlace[] }
  | {
      readonly kind: 'query'
      readonly filter?: MessageFilter
      readonly decoders?: Decoders
      readonly where?: LetterWhere
    }
  /** Those that another job could not send. */
  | { readonly kind: 'failedOf'; readonly job: string }

/** What is sent instead; parts that are not given stay. Headers are replaced as a whole. */
export interface LetterEdit {
  readonly key?: PayloadInput
  readonly value?: PayloadInput
  readonly headers?: readonly { readonly key: string; readonly value: PayloadInput }[]
}

/** Some are sent first, and the rest only if no more than so many of them come back within a time. */
export interface ResendCanary {
  readonly records: number
  readonly waitMs: number
  /** Of those sent or refused: 0 to 100. */
  readonly percentMax: number
}

/** The job stops when more than `percent` of what it sent failed or came back, once there were `atLeast`. */
export interface ResendStop {
  readonly percent: number
  readonly atLeast: number
}

export interface ResendRequest {
  /** Two requests with one id are one job [a new one]. */
  readonly id?: string
  /** The dead-letter topic. */
  readonly topic: string
  readonly select: ResendSelection
  readonly target: ResendTarget
  /** Also those that were sent again before, are marked resolved, or are being sent by another job [false]. */
  readonly again?: boolean
  /** [no limit] */
  readonly recordsPerSecond?: number
  readonly canary?: ResendCanary
  readonly stop?: ResendStop
  /** Of one letter only. */
  readonly edit?: LetterEdit
  /** Whether the records of letters that only name theirs may be read and sent [true]; else those letters fail. */
  readonly mayCopy?: boolean
  /** Who wants it. */
  readonly by: string
}
