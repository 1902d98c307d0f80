/** A search as a subscription that is taken up again where it was when its connection breaks. */
import type { JobEvent, ScanProgress } from '@odradek/client'
import { tracked } from '@trpc/server'
import { asTrpcError } from './failure.ts'

/** What a search tells while it runs. */
export type ScanTelling<Row> =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'progress'; readonly progress: ScanProgress }

/** The id after a search that is over: whoever comes back with it is told nothing more. */
const OVER = 'over'

/**
 * Rows as they are found, and how far the search is. The id of an event is `<matched>|<resume token>`; rows since the last report may
 * come twice.
 * @param lastEventId of the subscription that goes on
 * @param run does the search, for what is left of it
 * @param rowsOf the rows of an event of it; null: it is none of rows
 */
export async function* resumableScan<Row, Search extends { limit: number; resume?: string | undefined }>(
  { lastEventId: last, ...input }: Search & { lastEventId?: string | null | undefined },
  run: (search: Omit<Search, 'lastEventId'>) => AsyncGenerator<JobEvent, void>,
  rowsOf: (event: JobEvent) => readonly Row[] | null,
) {
  if (last === OVER) return
  const search = input as unknown as Omit<Search, 'lastEventId'> & Search
  const [before = '0', ...token] = last?.split('|') ?? []
  const matchedBefore = Number(before)
  const resume = last ? token.join('|') : search.resume
  const limit = search.limit - matchedBefore
  if (!(limit > 0)) return
  let id = last ?? '0|'
  if (!last && search.resume !== undefined) id = `0|${search.resume}`
  for await (const event of withFailures(run({ ...search, limit, resume: resume || undefined }))) {
    const rows = rowsOf(event)
    if (rows !== null) yield tracked<ScanTelling<Row>>(id, { kind: 'rows', rows })
    if (event.kind !== 'progress') continue
    const { resume, end, matched } = event.progress
    id = end !== null || resume === null ? OVER : `${matchedBefore + matched}|${resume}`
    yield tracked<ScanTelling<Row>>(id, { kind: 'progress', progress: event.progress })
  }
}

/** What a subscription throws after it began is mapped here: the procedure's own mapping sees only how it begins. */
export async function* withFailures(events: AsyncGenerator<JobEvent, void>): AsyncGenerator<JobEvent, void> {
  try {
    yield* events
  } catch (error) {
    throw asTrpcError(error)
  }
}
