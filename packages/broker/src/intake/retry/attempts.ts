/** The failures of a record, newest last, as the header ATTEMPTS tells them: a JSON array. */

/** Attempts kept, the newest; and the bytes that they may take together. */
const ATTEMPTS_MAX = 64
const BYTES_MAX = 32 * 1024
const ERROR_CHARACTERS_MAX = 400

export interface Attempt {
  /** Epoch milliseconds at which the failure was reported. */
  readonly time: number
  readonly client: string
  readonly host: string
  /** What the client said went wrong, cut; null when it said nothing. */
  readonly error: string | null
}

/** The attempts that a header tells; none for a text that is no list. */
export function parseAttempts(text: string | null): Attempt[] {
  if (text === null) return []
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? (parsed as Attempt[]) : []
  } catch {
    return []
  }
}

/** The header's text with one more attempt; the oldest go where it would grow too long. */
export function withAttempt(text: string | null, attempt: Attempt): string {
  const error = attempt.error?.slice(0, ERROR_CHARACTERS_MAX) ?? null
  let attempts = [...parseAttempts(text), { ...attempt, error }].slice(-ATTEMPTS_MAX)
  let written = JSON.stringify(attempts)
  while (attempts.length > 1 && Buffer.byteLength(written) > BYTES_MAX) {
    attempts = attempts.slice(1)
    written = JSON.stringify(attempts)
  }
  return written
}
