/** Another broker could not be asked, or did not answer: whether it did what was asked is unknown, unless `unsent`. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
  /** Whether the request never left. */
  readonly unsent: boolean

  constructor(message: string, options: { unsent?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.unsent = options.unsent ?? false
  }
}
