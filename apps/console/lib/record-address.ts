export interface RecordAddress {
  readonly topic: string
  readonly partition: number
  /** Decimal text: an offset may be longer than a number is exact. */
  readonly offset: string
}

/** Reads `topic/3@1842` (or `topic-3@1842`, as logs write it), or a pasted address of the console's page for a record. */
export function recordAddress(text: string): RecordAddress | null {
  const trimmed = text.trim()
  const pasted = /^https?:\/\/[^/]+\/[^/]+\/topics\/([^/?#]+)\/(\d{1,9})\/(\d{1,19})(?:[?#].*)?$/.exec(trimmed)
  if (pasted !== null) {
    const [, topic = '', partition, offset = ''] = pasted
    try {
      return { topic: decodeURIComponent(topic), partition: Number(partition), offset }
    } catch {
      return null
    }
  }
  const written = /^(.+)[/-](\d{1,9})@(\d{1,19})$/s.exec(trimmed)
  if (written === null) return null
  const [, topic = '', partition, offset = ''] = written
  return { topic, partition: Number(partition), offset }
}
