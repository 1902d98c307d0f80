/** `GET /api/export?input=<JSON>`: messages that match as a file, for the server that hosts the console. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from '../context.ts'
import { exportMessages } from '../export-messages.ts'
import { answerFile } from './answer-file.ts'

/** Answers the request if it is for an export, and says whether it was. A client that goes away ends the search. */
export function handleExport(
  context: () => Promise<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  return answerFile('/api/export', request, response, async (input, signal) => {
    return exportMessages(await context(), input, signal)
  })
}
