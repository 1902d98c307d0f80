import type { Failure } from '@odradek/api'

/** What a failed call tells: what was tried, the protocol's own name and number, and what to do about it. */
export interface ApiError {
  /** tRPC's code: `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND`, `TIMEOUT` … or `NETWORK` where no answer came. */
  readonly code: string
  readonly kafka?: { readonly name: string; readonly number: number }
  readonly tried?: string
  readonly remedy?: string
  readonly message: string
  /** The sentences by codes that stay. */
  readonly codes?: Failure['codes']
  /** What is wrong with which field of the input, where that is it. */
  readonly fields?: Failure['fields']
}

/** Reads whatever a query, mutation or subscription failed with. */
export function apiError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error)
  const data = property(error, 'data')
  if (typeof data !== 'object' || data === null) return { code: 'NETWORK', message }
  const failure = property(data, 'failure')
  const kafka = property(failure, 'kafka')
  const name = property(kafka, 'name')
  const number = property(kafka, 'number')
  const tried = property(failure, 'tried')
  const remedy = property(failure, 'remedy')
  const codes = property(failure, 'codes')
  const fields = property(failure, 'fields')
  const code = property(data, 'code')
  return {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    message,
    ...(typeof name === 'string' && typeof number === 'number' && { kafka: { name, number } }),
    ...(typeof tried === 'string' && { tried }),
    ...(typeof remedy === 'string' && { remedy }),
    ...(typeof codes === 'object' && codes !== null && { codes: codes as Failure['codes'] }),
    ...(Array.isArray(fields) && fields.length > 0 && { fields: fields as Failure['fields'] }),
  }
}

/** The error as text for a bug report or a colleague. */
export function errorDetails(error: ApiError): string {
  const lines = [error.message]
  if (error.tried !== undefined) lines.push(`tried: ${error.tried}`)
  if (error.kafka !== undefined) lines.push(`kafka: ${error.kafka.name} (${error.kafka.number})`)
  if (error.remedy !== undefined) lines.push(`remedy: ${error.remedy}`)
  lines.push(`code: ${error.code}`, `at: ${new Date().toISOString()}`, `page: ${location.pathname}${location.search}`)
  return lines.join('\n')
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
