import { UnreachableError } from '../cluster-errors.ts'

export interface AdminAnswer<T> {
  readonly status: number
  readonly body: T & { readonly error?: string }
}

/** An answer may take this long: an order waits until it is committed. */
const TIMEOUT_MS = 60_000

/** Asks an admin listener. What it refuses is in the status and the body; throws UnreachableError where it does not answer. */
export async function askAdmin<T>(
  url: string,
  init: RequestInit = {},
  timeoutMs: number = TIMEOUT_MS,
): Promise<AdminAnswer<T>> {
  const { origin, pathname } = new URL(url)
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    return { status: response.status, body: (await response.json()) as AdminAnswer<T>['body'] }
  } catch (error) {
    const { cause, message } = error as Error
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : message
    throw new UnreachableError(`ask ${pathname}`, `the admin listener at ${origin} does not answer (${reason})`, {
      cause: error,
    })
  }
}
