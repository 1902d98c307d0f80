import { assertPermitted } from './access/assert-permitted.ts'
import type { Context } from './context.ts'
import { asTrpcError } from './failure.ts'
import { fileInput } from './http/file-input.ts'
import { exportInput, scanRequest } from './message-search.ts'

export interface MessageExport {
  readonly fileName: string
  readonly contentType: string
  /** The file's text, as it is found. Throws TRPCErrors. */
  readonly chunks: AsyncIterable<string>
}

/**
 * All messages that match as a file, for `GET /api/export?input=<JSON>`: read and sent bit by bit, whatever their number.
 * Throws a TRPCError where it cannot begin: a wrong input, no permission, no such cluster.
 */
export function exportMessages(context: Context, inputText: string | null, signal: AbortSignal): MessageExport {
  const tried = 'export messages'
  const { cluster, format, ...search } = fileInput(exportInput, inputText ?? '', tried)
  const check = () => assertPermitted(context, 'payloads', cluster, tried)
  check()
  const { settings } = context.console.session(cluster)
  const job = { kind: 'export', format, request: scanRequest(search) } as const
  const events = context.console.scans.run(settings, job, signal)
  return {
    fileName: `${search.topic.replace(/[^\w.-]+/g, '_')}.${format}`,
    contentType: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
    chunks: (async function* () {
      try {
        for await (const event of events) {
          // It may take long: whoever loses the permission meanwhile gets no more.
          check()
          if (event.kind === 'text') yield event.text
          if (event.kind === 'progress' && event.progress.failure !== null) throw new Error(event.progress.failure)
        }
      } catch (error) {
        throw asTrpcError(error)
      }
    })(),
  }
}
