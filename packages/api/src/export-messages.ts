import { isPermitted } from './access/visitor.ts'
import type { Context } from './context.ts'
import { asTrpcError, refuse } from './failure.ts'
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
  const parsed = exportInput.safeParse(parseJson(inputText ?? ''))
  const tried = 'export messages'
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refuse('BAD_REQUEST', `${issue?.path.join('.') || 'input'}: ${issue?.message ?? 'not understood'}`, {
      tried,
      remedy: 'Export from the page of a topic.',
    })
  }
  const { cluster, format, ...search } = parsed.data
  const check = () => {
    const { visitor } = context
    if (isPermitted(visitor, 'payloads', cluster)) return
    const anonymous = visitor.kind === 'anonymous'
    throw refuse(anonymous ? 'UNAUTHORIZED' : 'FORBIDDEN', 'You may not read what messages say.', {
      tried,
      remedy: anonymous ? 'Sign in.' : 'Ask an administrator of the console for the permission "payloads".',
    })
  }
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
