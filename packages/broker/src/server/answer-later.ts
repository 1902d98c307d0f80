import type { Exchange } from './exchange.ts'

/**
 * Answers `exchange` with what `response` resolves to. A failure (the metadata store is away) is logged and ends the
 * connection: no code of the protocol says "try again" for every API.
 */
export function answerLater(exchange: Exchange, response: Promise<object>): undefined {
  response.then(
    (answer) => {
      if (!exchange.answered) exchange.answer(answer)
    },
    (error: Error) => {
      exchange.broker.logger.error({ api: exchange.api.name, err: error }, 'The request could not be carried out')
      exchange.refuse(error.message)
    },
  )
  return undefined
}
