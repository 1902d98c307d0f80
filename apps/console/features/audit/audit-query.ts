import { createLoader, parseAsInteger, parseAsString } from 'nuqs/server'

/** What the URL of the audit says. */
export const auditQueryParsers = {
  q: parseAsString.withDefault(''),
  entry: parseAsString.withDefault(''),
  before: parseAsInteger,
}

export const loadAuditQuery = createLoader(auditQueryParsers)

/** The input of `audit.list` for it. */
export function auditInput(cluster: string, { q, before }: { readonly q: string; readonly before: number | null }) {
  return { cluster, search: q.slice(0, 200), ...(before !== null && before >= 0 && { before }) }
}
