/** What differs between two images. */
export interface ImageChange {
  /** Names of topics that came, changed, or went; one that was made again under another id is named once. */
  readonly topics: ReadonlySet<string>
  /** Ids of brokers that came, changed or went. */
  readonly brokers: ReadonlySet<number>
  /** Whose dynamic broker configs changed: broker ids as text, '' for those of all brokers. */
  readonly brokerConfigs: ReadonlySet<string>
  readonly groupConfigs: ReadonlySet<string>
  /** Another broker is controller, or none. */
  readonly controller: boolean
}
