/** Bytes that break the wire format: short, lying about a length, or null where null is not allowed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** Where in the buffer the offending value starts. */
  readonly position: number
  /** What is wrong, with the value that is. */
  readonly reason: string

  constructor(reason: string, position: number, subject?: string) {
    super(`${subject === undefined ? '' : `${subject}: `}${reason} at byte ${position}`)
    this.position = position
    this.reason = reason
  }
}

/** The same error saying which message was read, or `error` itself if it is of another kind. */
export function locate(error: unknown, subject: string): unknown {
  return error instanceof ProtocolError ? new ProtocolError(error.reason, error.position, subject) : error
}
