import { KafkaError, RefusedError, UnreachableError, UnsupportedError } from '../../cluster-errors.ts'
import { FilterError } from '../filter/cel-filter.ts'
import type { JobError } from './job.ts'

/** An error as plain data. */
export function toJobError(error: unknown): JobError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message } = error
  if (error instanceof KafkaError) return { name, message, code: error.code, tried: error.tried }
  if (error instanceof RefusedError) return { name, message, tried: error.tried, remedy: error.remedy }
  if (error instanceof UnreachableError) return { name, message, tried: error.tried }
  if (error instanceof UnsupportedError) return { name, message, api: error.api, tried: error.tried }
  if (error instanceof FilterError) return { name, message, column: error.column }
  return { name, message }
}

/** The error again, of the class it had. */
export function fromJobError(error: JobError): Error {
  const { name, message, tried = 'read messages' } = error
  switch (name) {
    case 'KafkaError':
      return new KafkaError(error.code ?? -1, tried, message)
    case 'RefusedError':
      return new RefusedError(message, tried, error.remedy ?? '')
    case 'UnreachableError':
      return new UnreachableError(tried, message.replace('The cluster cannot be reached: ', ''))
    case 'UnsupportedError':
      return new UnsupportedError(error.api ?? '', tried)
    case 'FilterError':
      return new FilterError(message, error.column)
    default:
      return new Error(message)
  }
}
