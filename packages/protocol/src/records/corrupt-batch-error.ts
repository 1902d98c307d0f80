/** Why bytes could not be read as records: malformed, larger than the bound once inflated, or in a codec nobody knows. */
export type CorruptBatchReason = 'malformed' | 'too large' | 'unknown codec'

/** Thrown by whatever reads records out of bytes that are not what they claim to be. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError'
  readonly reason: CorruptBatchReason

  constructor(message: string, reason: CorruptBatchReason = 'malformed', options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
