/** A topic as far as group coordination cares. */
export interface KnownTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: { readonly length: number }
}

/** Which topics there are now. */
export interface TopicLookup {
  byName(name: string): KnownTopic | undefined
  byId(topicId: string): KnownTopic | undefined
}
