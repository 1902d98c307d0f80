import type { TopicConfig } from '@odradek/config'
import type { BatchHeader, Slice } from '@odradek/protocol'
import type { OffsetWait } from '../replication/offset-waits.ts'
import type { ProducerEntry } from '../storage/producer-entry.ts'

/** A partition that records are delivered to: one that this broker leads, or one that another does. */
export interface DeliveryTarget {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  /** 0 while it can be used. */
  readonly offlineCode: number
  readonly hasMinInsyncReplicas: boolean
  readonly isFlushSynchronous: boolean
  readonly log: {
    readonly config: Pick<TopicConfig, 'compression.type'>
    /** What it knows of a producer; undefined for nothing, null where that cannot be told for now. */
    producer(producerId: number): Pick<ProducerEntry, 'epoch' | 'batches' | 'lastSequence'> | undefined | null
  }
  /** Appends one batch, which is borrowed; why not where that is known at once. The result is read before the next call. */
  append(batch: Slice, header: BatchHeader): { readonly errorCode: number; readonly lastOffset: number }
  /** Ends `wait` when what was appended up to `offset` is committed, or with what else became of it. */
  waitFor(offset: number, wait: OffsetWait): void
}
