/**
 * InitProducerId (key 22, versions 0 to 5): a new id for an idempotent producer. An id and epoch that the request brings
 * matter to transactional producers only.
 */
import { errors, InitProducerId } from '@odradek/protocol'
import { handle } from '../exchange.ts'

export const initProducerId = handle(InitProducerId, (request, exchange, broker) => {
  const { transactionalId } = request
  if (transactionalId !== null) {
    broker.logLimiter.warn(
      'request',
      { remote: exchange.connection.remote, transactionalId },
      'Refused a transactional producer: transactions are not served. Use an idempotent producer without transactional.id.',
    )
    const isEmpty = transactionalId === ''
    return {
      errorCode: isEmpty ? errors.INVALID_REQUEST.code : errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code,
    }
  }
  broker.producerIds.next().then(
    (producerId) => exchange.answer({ errorCode: 0, producerId, producerEpoch: 0 }),
    (error: Error) => {
      broker.logger.warn({ err: error }, 'No producer id could be reserved')
      exchange.answer({ errorCode: errors.COORDINATOR_NOT_AVAILABLE.code })
    },
  )
  return undefined
})
