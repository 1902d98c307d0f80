/** `GET /api/export?input=<JSON>`: messages that match as a file, for the server that hosts the console. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { Context } from '../context.ts'
import { exportMessages } from '../export-messages.ts'
import { asTrpcError } from '../failure.ts'

const PATH = '/api/export'

/** Answers the request if it is for an export, and says whether it was. A client that goes away ends the search. */
export async function handleExport(
  context: () => Promise<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [path, query = ''] = (request.url ?? '').split('?', 2)
  if (path !== PATH) return false
  const stop = new AbortController()
  response.on('close', () => stop.abort())
  response.setHeader('Cache-Control', 'no-store')
  try {
    if (request.method !== 'GET') throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED', message: 'Use GET.' })
    const input = new URLSearchParams(query).get('input')
    const { fileName, contentType, chunks } = exportMessages(await context(), input, stop.signal)
    for await (const chunk of chunks) {
      if (!response.headersSent) {
        response.setHeader('Content-Type', contentType)
        response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`)
      }
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
      if (response.destroyed) return true
    }
    if (!response.headersSent) {
      response.setHeader('Content-Type', contentType)
      response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`)
    }
    response.end()
  } catch (error) {
    // A file that is cut off must not look whole: the connection breaks, and the browser says so.
    if (response.headersSent) response.destroy()
    else {
      const failure = asTrpcError(error)
      response.statusCode = getHTTPStatusCodeFromError(failure)
      response.setHeader('Content-Type', 'text/plain; charset=utf-8')
      response.end(`${failure.message}\n`)
    }
  }
  return true
}
