/** The one mapping of everything that goes wrong to what the browser (or a script) is told. */
import {
  DriftError,
  FilterError,
  KafkaError,
  type ReadSentence,
  RefusedError,
  UnreachableError,
  UnsupportedError,
} from '@odradek/client'
import { TRPCError } from '@trpc/server'
import { ZodError } from 'zod'
import { readFailure } from './failure-sentences.ts'

/** In the `data.failure` of every error. */
export interface Failure {
  readonly code: TRPCError['code']
  /** Set where the cluster answered with an error of the protocol. */
  readonly kafka: { readonly name: string; readonly number: number } | null
  /** What was being done, for the line above the error. */
  readonly tried: string
  /** What a person can do. */
  readonly remedy: string
  /** The message and the two above by codes that stay, for whoever says them in another language; null for a broker's own words. */
  readonly codes: Readonly<Record<'message' | 'tried' | 'remedy', ReadSentence | null>>
  /** What is wrong with which field of the input, for forms. */
  readonly fields: readonly { readonly path: string; readonly message: string }[]
}

type TrpcCode = TRPCError['code']

const codeByName: Readonly<Record<string, TrpcCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'NOT_FOUND',
  UNKNOWN_TOPIC_ID: 'NOT_FOUND',
  GROUP_ID_NOT_FOUND: 'NOT_FOUND',
  TOPIC_ALREADY_EXISTS: 'CONFLICT',
  NON_EMPTY_GROUP: 'CONFLICT',
  UNKNOWN_MEMBER_ID: 'CONFLICT',
  REQUEST_TIMED_OUT: 'TIMEOUT',
  INVALID_CONFIG: 'BAD_REQUEST',
  INVALID_REQUEST: 'BAD_REQUEST',
  INVALID_PARTITIONS: 'BAD_REQUEST',
  INVALID_REPLICATION_FACTOR: 'BAD_REQUEST',
  INVALID_REPLICA_ASSIGNMENT: 'BAD_REQUEST',
  INVALID_TOPIC_EXCEPTION: 'BAD_REQUEST',
  OFFSET_OUT_OF_RANGE: 'BAD_REQUEST',
  POLICY_VIOLATION: 'BAD_REQUEST',
  UNSUPPORTED_VERSION: 'NOT_IMPLEMENTED',
}

/** A TRPCError for anything thrown below a procedure; a TRPCError stays what it is. */
export function asTrpcError(error: unknown): TRPCError {
  if (error instanceof TRPCError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  return new TRPCError({ code: codeOf(cause), message: cause.message, cause })
}

/** What goes into `data.failure`. */
export function failureOf(error: TRPCError, path: string | undefined): Failure {
  const { cause } = error
  const kafka = cause instanceof KafkaError ? { name: cause.errorName, number: cause.code } : null
  const told = cause as { tried?: unknown; remedy?: unknown } | undefined
  const call = path === undefined ? 'answer the request' : `run ${path}`
  const tried = typeof told?.tried === 'string' ? told.tried : call
  const remedy = typeof told?.remedy === 'string' ? told.remedy : remedyOf(error.code)
  return {
    // What a subscription throws on its way was not mapped yet.
    code: error.code === 'INTERNAL_SERVER_ERROR' && cause ? codeOf(cause) : error.code,
    kafka,
    tried,
    remedy,
    codes: { message: readFailure(messageOf(error)), tried: readFailure(tried), remedy: readFailure(remedy) },
    fields: fieldsOf(error),
  }
}

/** The sentence for a person. Of an input that is wrong it names the fields; tRPC's own would be JSON. */
export function messageOf(error: TRPCError): string {
  const fields = fieldsOf(error)
  if (fields.length === 0) return error.message
  return fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
}

function fieldsOf({ cause }: TRPCError): Failure['fields'] {
  if (!(cause instanceof ZodError)) return []
  return cause.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
}

/** An error that is the caller's or the state's, with what to do about it. */
export function refuse(code: TrpcCode, message: string, parts: { tried: string; remedy: string }): TRPCError {
  return new TRPCError({ code, message, cause: new RefusedError(message, parts.tried, parts.remedy) })
}

function codeOf(error: Error): TrpcCode {
  if (error instanceof KafkaError) {
    if (error.errorName.endsWith('AUTHORIZATION_FAILED')) return 'FORBIDDEN'
    return codeByName[error.errorName] ?? (error.isRetriable ? 'SERVICE_UNAVAILABLE' : 'BAD_GATEWAY')
  }
  if (error instanceof UnreachableError) return 'SERVICE_UNAVAILABLE'
  if (error instanceof UnsupportedError) return 'NOT_IMPLEMENTED'
  if (error instanceof DriftError) return 'CONFLICT'
  if (error instanceof RefusedError) return 'PRECONDITION_FAILED'
  if (error instanceof FilterError) return 'BAD_REQUEST'
  return 'INTERNAL_SERVER_ERROR'
}

function remedyOf(code: TrpcCode): string {
  switch (code) {
    case 'BAD_REQUEST':
      return 'Correct the input and try again.'
    case 'UNAUTHORIZED':
      return 'Sign in.'
    case 'FORBIDDEN':
      return 'Ask an administrator of the console for the permission.'
    case 'NOT_FOUND':
      return 'Check the name.'
    default:
      return "Try again; the console's log says more."
  }
}
