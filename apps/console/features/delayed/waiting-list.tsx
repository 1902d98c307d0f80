'use client'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ShieldOff } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback, useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { placeOf } from '../messages/message-query.ts'
import { placeText } from '../messages/outputs.ts'
import { delayedQueryParsers, listInput, windowOf } from './delayed-query.ts'
import type { WaitingRow } from './outputs.ts'
import { WaitingPanel } from './waiting-panel.tsx'

const OrderDialog = dynamic(async () => (await import('./order-dialog.tsx')).OrderDialog, { ssr: false })

const REFRESH_MS = 5_000
const LIST_MAX = 1_000

/** The records that wait in the window, the next due first; chosen ones are recalled or delivered together. */
export function WaitingList({ cluster, topic, isThere }: { cluster: string; topic: string; isThere: boolean }) {
  const t = useTranslations('delayed')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const forbiddenPayloads = useForbidden('payloads')
  const operate = useForbidden('operate')
  const [query, setQuery] = useQueryStates(delayedQueryParsers)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [order, setOrder] = useState<{ what: 'recall' | 'deliver'; places: readonly string[] } | null>(null)
  const search = useCallback((key: string) => void setQuery({ key, at: null }), [setQuery])
  const input = listInput(cluster, topic, query)
  const asked = isThere && forbiddenPayloads === undefined ? input : skipToken
  const onData = useKept(trpc.delayed.list.queryKey(input))
  const live = useSubscription(trpc.delayed.listLive.subscriptionOptions(asked, { onData }))
  const list = useQuery(
    trpc.delayed.list.queryOptions(asked, {
      refetchInterval: liveInterval(live, REFRESH_MS),
      placeholderData: keepPreviousData,
    }),
  )
  if (forbiddenPayloads !== undefined) {
    return (
      <EmptyState icon={ShieldOff} title={t('noPayloads')}>
        {forbiddenPayloads}
      </EmptyState>
    )
  }
  const rows = list.data?.records
  const isHere = new Set(rows?.map(placeText))
  const selected = [...chosen].filter((place) => isHere.has(place))
  const open = placeOf(query.at)
  const walk = (step: 1 | -1) => {
    const at = rows?.findIndex((row) => placeText(row) === query.at) ?? -1
    const next = rows?.[at + step]
    if (next !== undefined) void setQuery({ at: placeText(next) })
  }
  const columns: readonly Column<WaitingRow>[] = [
    { id: 'due', header: t('column.due'), cell: (row) => <Time at={row.due} form="ms" /> },
    {
      id: 'key',
      header: t('column.key'),
      cell: (row) =>
        row.key === null ? (
          <span className="text-muted">{t('noKey')}</span>
        ) : (
          <span className="font-mono" title={row.key}>
            {row.key}
          </span>
        ),
    },
    { id: 'partition', header: t('column.partition'), align: 'right', cell: (row) => <Exact value={row.partition} /> },
    {
      id: 'offset',
      header: <span data-tip={t('column.offsetTip')}>{t('column.offset')}</span>,
      align: 'right',
      cell: (row) => <Exact value={row.offset} />,
    },
    { id: 'size', header: t('column.size'), align: 'right', cell: (row) => <Bytes value={row.valueBytes} /> },
    {
      id: 'born',
      header: <span data-tip={t('column.bornTip')}>{t('column.born')}</span>,
      narrow: 'hidden',
      cell: (row) => <Time at={row.bornTimestamp} />,
    },
  ]
  return (
    <div className="flex min-h-[320px] min-w-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-1.5 max-sm:px-4">
          {selected.length > 0 ? (
            <>
              <span aria-live="polite">{t('chosen', { count: selected.length })}</span>
              <Button small disabledReason={operate} onClick={() => setOrder({ what: 'recall', places: selected })}>
                {t('act.recall')}
              </Button>
              <Button small disabledReason={operate} onClick={() => setOrder({ what: 'deliver', places: selected })}>
                {t('act.deliver')}
              </Button>
              <Button small kind="quiet" onClick={() => setChosen(new Set())}>
                {t('chooseNone')}
              </Button>
            </>
          ) : (
            <>
              <FilterInput label={t('filterKey')} value={query.key} onChange={search} className="w-72 max-sm:w-full" />
              {list.data !== undefined && (
                <span className="text-meta text-muted">
                  {list.data.isCut
                    ? t('shownOfMore', { count: rows?.length ?? 0 })
                    : t('shown', { count: rows?.length ?? 0 })}
                </span>
              )}
            </>
          )}
        </div>
        <QueryError className="m-4" query={list} />
        <Table
          label={t('waitingIn', { topic })}
          className="flex-1"
          columns={columns}
          rows={rows ?? (list.error === null ? undefined : [])}
          rowKey={placeText}
          rowLabel={placeText}
          onOpen={(row) => void setQuery({ at: placeText(row) })}
          openKey={query.at}
          selection={chosen}
          onSelection={setChosen}
          stale={list.isPlaceholderData}
          view={`${query.from} ${query.to} ${query.key}`}
          hold
          empty={
            list.error === null &&
            (query.key !== '' || windowOf(query) !== undefined ? (
              <EmptyState
                title={t('noneInWindow')}
                action={
                  <Button onClick={() => void setQuery({ from: null, to: null, key: '' })}>
                    {frame('table.clear')}
                  </Button>
                }
              />
            ) : (
              <EmptyState title={t('noneWaits')}>{t('noneWaitsAbout')}</EmptyState>
            ))
          }
          footer={
            list.data?.isCut === true &&
            query.n < LIST_MAX && (
              <div className="flex justify-center border-t py-2">
                <Button onClick={() => void setQuery({ n: Math.min(LIST_MAX, query.n * 5) })}>{t('more')}</Button>
              </div>
            )
          }
        />
      </div>
      {open !== null && (
        <WaitingPanel
          key={query.at}
          place={{ cluster, topic, ...open }}
          onClose={() => void setQuery({ at: null })}
          onWalk={walk}
          onOrder={(what) => setOrder({ what, places: [placeText(open)] })}
          onMoved={(offset) => void setQuery({ at: placeText({ partition: open.partition, offset }) })}
        />
      )}
      {order !== null && (
        <OrderDialog
          cluster={cluster}
          topic={topic}
          what={order.what}
          places={order.places}
          onDone={() => setChosen(new Set())}
          onClose={() => setOrder(null)}
        />
      )}
    </div>
  )
}
