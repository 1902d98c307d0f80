/**
 * What can go wrong with a cluster, in three kinds: it answered with an error of the protocol, it cannot be reached, or it
 * lacks an API. Each says what was tried and what to do, so that a person can act on it.
 */
import { type ErrorRow, errors } from '@odradek/protocol'

export interface FailureParts {
  /** What was being done: `describe topic "orders" at broker 2 (127.0.0.1:9092)`. */
  readonly tried: string
  /** What a person can do about it. */
  readonly remedy: string
}

const byCode = new Map<number, { name: string; row: ErrorRow }>(
  Object.entries(errors).map(([name, row]) => [row.code, { name, row }]),
)

/** The protocol's name of an error code; an unknown code keeps its number. */
export function kafkaErrorName(code: number): string {
  return byCode.get(code)?.name ?? `ERROR_${code}`
}

const byText = new Map(Object.entries(errors).map(([name, { text }]) => [text as string, name]))

/** The protocol's name of the error that our words are of; null for other words. */
export function kafkaErrorOfText(text: string): string | null {
  return byText.get(text) ?? null
}

/** The cluster answered with an error of the Kafka protocol. */
export class KafkaError extends Error implements FailureParts {
  override readonly name = 'KafkaError'
  /** The number on the wire. */
  readonly code: number
  /** The protocol's name: `UNKNOWN_TOPIC_OR_PARTITION`. */
  readonly errorName: string
  readonly isRetriable: boolean
  readonly tried: string
  readonly remedy: string

  /** `text` is the broker's own sentence, which goes before ours. */
  constructor(code: number, tried: string, text?: string | null) {
    const known = byCode.get(code)
    super(text || known?.row.text || `The broker answered with the unknown error ${code}.`)
    this.code = code
    this.errorName = kafkaErrorName(code)
    this.isRetriable = known?.row.retriable ?? false
    this.tried = tried
    this.remedy = remedyOf(this.errorName, this.isRetriable)
  }
}

/** No broker of the cluster can be reached, or none answered in time. */
export class UnreachableError extends Error implements FailureParts {
  override readonly name = 'UnreachableError'
  readonly tried: string
  readonly remedy: string
  /** What is wrong, without the words around it. */
  readonly reason: string

  constructor(tried: string, reason: string, options?: ErrorOptions) {
    super(`The cluster cannot be reached: ${reason}`, options)
    this.tried = tried
    this.reason = reason
    this.remedy =
      'See whether the broker runs and whether its address, TLS and SASL settings are right; then try again.'
  }
}

/** The cluster does not serve an API, or none of the versions that are needed. */
export class UnsupportedError extends Error implements FailureParts {
  override readonly name = 'UnsupportedError'
  readonly api: string
  readonly tried: string
  readonly remedy: string

  constructor(api: string, tried: string) {
    super(`The cluster does not serve ${api}.`)
    this.api = api
    this.tried = tried
    this.remedy = 'Use a newer version of the broker, or do without.'
  }
}

/** The request cannot be done as it was asked: wrong input, or a state that forbids it. */
export class RefusedError extends Error implements FailureParts {
  override readonly name = 'RefusedError'
  readonly tried: string
  readonly remedy: string

  constructor(message: string, tried: string, remedy: string) {
    super(message)
    this.tried = tried
    this.remedy = remedy
  }
}

/** Throws a KafkaError unless `code` is 0. */
export function assertNone(code: number, tried: string, text?: string | null): void {
  if (code !== 0) throw new KafkaError(code, tried, text)
}

function remedyOf(name: string, isRetriable: boolean): string {
  if (name.endsWith('AUTHORIZATION_FAILED'))
    return "Give the console's principal the permission (ACL), or sign in to the cluster as one who has it."
  switch (name) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return 'Check the name; the topic may have been deleted.'
    case 'TOPIC_ALREADY_EXISTS':
      return 'Choose another name.'
    case 'INVALID_TOPIC_EXCEPTION':
      return 'Use up to 249 letters, digits, dots, underscores and hyphens.'
    case 'INVALID_REPLICATION_FACTOR':
      return 'Choose at most as many replicas as there are brokers.'
    case 'NON_EMPTY_GROUP':
    case 'UNKNOWN_MEMBER_ID':
      return 'Stop the consumers of the group, then try again.'
    case 'GROUP_ID_NOT_FOUND':
      return 'Check the group id; the group may have been deleted or have expired.'
    case 'INVALID_CONFIG':
      return 'Correct the value; the text says what is allowed.'
    case 'TOPIC_DELETION_DISABLED':
      return 'Set delete.topic.enable=true on the brokers.'
    case 'SASL_AUTHENTICATION_FAILED':
      return 'Correct the user name and password of this cluster in the settings.'
    default:
      return isRetriable ? 'Try again in a moment.' : 'Correct the request; trying the same again will not help.'
  }
}
