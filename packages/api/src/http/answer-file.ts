/** A file that is written while it is made, as the answer to a GET. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { asTrpcError } from '../failure.ts'

export interface AnsweredFile {
  readonly fileName: string
  readonly contentType: string
  readonly chunks: AsyncIterable<string | Uint8Array>
}

/**
 * Answers the request if it is for `path`, and says whether it was. `?input=` is what is asked for; `signal` ends when the client goes
 * away. An error before the first chunk is told by status and text.
 */
export async function answerFile(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  make: (input: string | null, signal: AbortSignal) => Promise<AnsweredFile>,
): Promise<boolean> {
  const [asked, query = ''] = (request.url ?? '').split('?', 2)
  if (asked !== path) return false
  const stop = new AbortController()
  response.on('close', () => stop.abort())
  response.setHeader('Cache-Control', 'no-store')
  try {
    if (request.method !== 'GET') throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED', message: 'Use GET.' })
    const { fileName, contentType, chunks } = await make(new URLSearchParams(query).get('input'), stop.signal)
    const begin = () => {
      if (response.headersSent) return
      response.setHeader('Content-Type', contentType)
      response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`)
    }
    for await (const chunk of chunks) {
      begin()
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
      if (response.destroyed) return true
    }
    begin()
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
