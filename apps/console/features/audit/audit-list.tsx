'use client'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ScrollText } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { liveInterval } from '../../lib/live-interval.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { AuditPanel } from './audit-panel.tsx'
import { auditInput, auditQueryParsers } from './audit-query.ts'
import { AuditStatusLine } from './audit-status-line.tsx'
import type { AuditEntry } from './outputs.ts'

const REFRESH_MS = 5_000

/** What was changed on the cluster, by whom, newest first; a row opens with what was before and after. */
export function AuditList({ cluster }: { cluster: string }) {
  const t = useTranslations('audit')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const administer = useForbidden('administer')
  const [query, setQuery] = useQueryStates(auditQueryParsers)
  const search = useCallback((q: string) => void setQuery({ q, before: null }), [setQuery])
  const input = auditInput(cluster, query)
  const keep = useKept(trpc.audit.list.queryKey(input))
  const keepStatus = useKept(trpc.audit.status.queryKey({ cluster }))
  const live = useSubscription(
    trpc.audit.live.subscriptionOptions(input, {
      onData(page) {
        keep(page)
        keepStatus(page?.status ?? null)
      },
    }),
  )
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const status = useQuery(trpc.audit.status.queryOptions({ cluster }, { refetchInterval }))
  const list = useQuery(trpc.audit.list.queryOptions(input, { placeholderData: keepPreviousData, refetchInterval }))
  const enable = useMutation(
    trpc.audit.enable.mutationOptions({ onSuccess: () => queryClient.invalidateQueries(trpc.audit.pathFilter()) }),
  )
  const entries = list.data?.entries
  const older = list.data?.before ?? null
  const open = entries?.find(({ id }) => id === query.entry)
  const columns: readonly Column<AuditEntry>[] = [
    { id: 'at', header: t('at'), cell: (row) => <Time at={row.atMs} /> },
    {
      id: 'who',
      header: t('who'),
      cell: (row) => (
        <span>
          {row.who} <span className="text-meta text-muted">{row.kind}</span>
        </span>
      ),
    },
    { id: 'action', header: t('action'), cell: (row) => <span className="font-mono">{row.action}</span> },
    {
      id: 'resource',
      header: t('resource'),
      cell: (row) => <span title={row.resource ?? undefined}>{row.resource ?? '—'}</span>,
    },
    {
      id: 'outcome',
      header: t('outcome'),
      cell: (row) =>
        row.error === null ? (
          <span className="text-muted">{t('done')}</span>
        ) : (
          <Badge state="wrong" tip={row.error}>
            {t('failed')}
          </Badge>
        ),
    },
  ]
  return (
    <>
      <TitleRow
        title={t('title')}
        badges={status.data !== undefined && <AuditStatusLine status={status.data} />}
        actions={
          status.data?.state === 'off' && (
            <Button
              kind="primary"
              busy={enable.isPending}
              disabledReason={administer}
              onClick={() => enable.mutate({ cluster })}
            >
              {t('enable', { topic: status.data.topic })}
            </Button>
          )
        }
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 pb-3 max-sm:px-4">
        <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
      </div>
      {enable.error !== null && <ErrorState className="m-4" error={enable.error} />}
      <QueryError className="m-4" query={list} />
      <PageBody>
        <div className="flex min-h-0 min-w-0 flex-1">
          <Table
            label={t('title')}
            className="min-w-0 flex-1"
            columns={columns}
            rows={entries ?? (list.error === null ? undefined : [])}
            rowKey={(row) => row.id}
            onOpen={(row) => setQuery({ entry: row.id })}
            openKey={open?.id ?? null}
            stale={list.isPlaceholderData}
            empty={
              query.q !== '' ? (
                <EmptyState
                  title={t('noMatch')}
                  action={<Button onClick={() => setQuery({ q: '' })}>{frame('table.clear')}</Button>}
                >
                  {list.data?.searched != null &&
                    t(older === null ? 'noMatchAbout' : 'noMatchSoFar', { count: exactNumber(list.data.searched) })}
                </EmptyState>
              ) : (
                <EmptyState icon={ScrollText} title={t('nothing')}>
                  {t('nothingAbout')}
                </EmptyState>
              )
            }
            footer={
              (older !== null || query.before !== null) && (
                <div className="flex justify-center gap-2 border-t py-2">
                  {query.before !== null && (
                    <Button onClick={() => setQuery({ before: null }, { history: 'push' })}>{t('newest')}</Button>
                  )}
                  {older !== null && (
                    <Button onClick={() => setQuery({ before: older }, { history: 'push' })}>{t('older')}</Button>
                  )}
                </div>
              )
            }
          />
          {open !== undefined && <AuditPanel entry={open} onClose={() => setQuery({ entry: '' })} />}
        </div>
      </PageBody>
    </>
  )
}
