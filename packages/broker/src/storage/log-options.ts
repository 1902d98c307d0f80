import type { TopicConfig } from '@odradek/config'
import type { LogPlace } from './log-place.ts'

/** A log that is to be opened, and what is known of it before. */
export interface LogOptions {
  readonly place: LogPlace
  readonly topic: string
  readonly partition: number
  /** 22 characters of base64url. */
  readonly topicId: string
  readonly config: TopicConfig
  /** Whether the broker was stopped cleanly. */
  readonly clean: boolean
  /** All below is durable and right, as the checkpoint says [0]. */
  readonly recoveryPoint: number
  /** The log's start, as the checkpoint says [0]. */
  readonly startOffset: number
  /** Whether the journal may have what follows on the log's end: then it may end before its start for now. */
  readonly isJournaled: boolean
  /** Whether the caller makes durable what recovery writes; see LogToLoad. */
  readonly isSyncedTogether: boolean
  /** How long a producer that writes nothing is remembered: `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number
}
