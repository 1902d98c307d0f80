'use client'
import { useQuery } from '@tanstack/react-query'
import { Inbox, Radio, SearchX, Send, ShieldOff } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback, useEffect, useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { PanelPlace } from '../../components/ui/panel-place.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Table } from '../../components/ui/table.tsx'
import { apiError } from '../../lib/api-error.ts'
import { href } from '../../lib/href.ts'
import { exactNumber, shortBytes, shortCount } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { BoundsRow } from './bounds-row.tsx'
import { ExportMenu } from './export-menu.tsx'
import { FilterBar } from './filter-bar.tsx'
import { useMessageColumns } from './message-columns.tsx'
import {
  boundsOf,
  type Condition,
  isFiltered,
  isNewest,
  type MessageQuery,
  messageQueryParsers,
} from './message-query.ts'
import { type MessageRow, placeText } from './outputs.ts'
import { ScanStatus } from './scan-status.tsx'
import { SearchBox } from './search-box.tsx'
import { useChosenRow } from './use-chosen-row.ts'
import type { FirstRows } from './use-row-scan.ts'
import { useScan } from './use-scan.ts'
import { useTail } from './use-tail.ts'

const MessagePanel = dynamic(async () => (await import('./message-panel.tsx')).MessagePanel, {
  ssr: false,
  loading: PanelPlace,
})
const TailStatus = dynamic(async () => (await import('./tail-status.tsx')).TailStatus, {
  ssr: false,
  loading: () => <div className="min-h-9 border-b" />,
})
const ProduceDialog = dynamic(async () => (await import('./produce-dialog.tsx')).ProduceDialog, { ssr: false })

/** Above these a search is asked for before it reads so much. */
const RECORDS_UNASKED_MAX = 5_000_000
const BYTES_UNASKED_MAX = 2 * 1024 ** 3

/** The messages of a topic: found, followed, looked at, written. All that is shown is in the address. */
export function MessageList(props: {
  cluster: string
  topic: string
  /** What was found before the page was sent. */
  first: FirstRows<MessageRow> | null
}) {
  const { cluster, topic } = props
  const t = useTranslations('messages')
  const trpc = useTRPC()
  const [query, setQuery] = useQueryStates(messageQueryParsers)
  const [producing, setProducing] = useState(false)
  const [approved, setApproved] = useState('')
  const forbiddenPayloads = useForbidden('payloads')
  const forbiddenProduce = useForbidden('operate')
  const columns = useMessageColumns()
  const about = useQuery(trpc.topics.get.queryOptions({ cluster, topic }))
  const bounds = boundsOf(cluster, topic, query)
  const mayRead = forbiddenPayloads === undefined
  const isBounded = isNewest(query)
  const estimate = useQuery(
    trpc.messages.estimate.queryOptions(bounds, { enabled: mayRead && !query.live && !isBounded, staleTime: 30_000 }),
  )
  const question = JSON.stringify([bounds, query.q, query.f, query.cel])
  const { data: size } = estimate
  const isLarge = size !== undefined && (size.records > RECORDS_UNASKED_MAX || (size.bytes ?? 0) > BYTES_UNASKED_MAX)
  const asks = !isBounded && isLarge && approved !== question && query.resume === null
  // What began because that could not be told goes on when it is.
  const isUnknown = estimate.error !== null
  useEffect(() => {
    if (isUnknown) setApproved(question)
  }, [isUnknown, question])
  const isKnown = isBounded || estimate.data !== undefined || isUnknown
  const scan = useScan(cluster, topic, query, mayRead && !query.live && isKnown && !asks, props.first)
  const tail = useTail(cluster, topic, query, mayRead && query.live)
  const rows = query.live ? tail.rows : scan.rows
  const error = query.live ? tail.error : scan.error
  // Nothing is said to be missing before it was looked for.
  const isWaiting =
    !query.live && !asks && rows.length === 0 && error === null && (scan.running || scan.progress === null)
  const filterProblem =
    error !== null && query.cel !== '' && apiError(error).code === 'BAD_REQUEST' ? apiError(error).message : null

  const change = useCallback(
    (next: Partial<MessageQuery>) => void setQuery({ ...asState(next), resume: null }, { history: 'push' }),
    [setQuery],
  )
  const row = useChosenRow(
    rows,
    query.at,
    useCallback((at) => void setQuery({ at }), [setQuery]),
    useCallback(({ partition, offset }) => href.record(cluster, topic, partition, offset), [cluster, topic]),
  )
  const addCondition = (condition: Condition) => change({ f: [...query.f, condition] })

  if (!mayRead) {
    return (
      <EmptyState icon={ShieldOff} title={t('empty.forbidden')}>
        {forbiddenPayloads}
      </EmptyState>
    )
  }
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="flex flex-col gap-2 border-b px-6 py-3 max-sm:px-4">
          <div className="flex flex-wrap items-center gap-2 max-sm:[&>form]:basis-full">
            <SearchBox
              cluster={cluster}
              topic={topic}
              text={query.q}
              onText={(q) => change({ q })}
              onKey={(key) =>
                change({ q: '', f: [...query.f, { field: 'keyText', operator: '==', value: JSON.stringify(key) }] })
              }
              onPlace={(partition, offset) => row.select({ partition, offset: Number(offset) })}
              onTime={(timestamp) => change({ from: { kind: 'time', timestamp }, live: false })}
            />
            <Button
              aria-pressed={query.live}
              kind={query.live ? 'primary' : 'plain'}
              onClick={() => change({ live: !query.live })}
            >
              <Radio size={16} strokeWidth={1.75} aria-hidden />
              {t('live.label')}
            </Button>
            <Button disabledReason={forbiddenProduce} onClick={() => setProducing(true)}>
              <Send size={16} strokeWidth={1.75} aria-hidden />
              {t('produce.open')}
            </Button>
            <ExportMenu cluster={cluster} topic={topic} query={query} />
          </div>
          {!query.live && (
            <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
              <BoundsRow query={query} partitions={about.data?.partitions} onChange={change} />
            </div>
          )}
          <FilterBar cluster={cluster} topic={topic} query={query} problem={filterProblem} onChange={change} />
        </div>
        {query.live ? (
          <TailStatus tail={tail} onStop={() => change({ live: false })} />
        ) : (
          <ScanStatus
            scan={scan}
            found={rows.length}
            onResume={() => {
              void setQuery({ resume: scan.progress?.resume ?? null })
              scan.resume()
            }}
          />
        )}
        {asks && size !== undefined && (
          <div className="flex flex-wrap items-center gap-3 border-b bg-sunken px-6 py-3 max-sm:px-4">
            <span className="min-w-0">
              {t('ask.sentence', {
                records: sizeText(shortCount(size.records)),
                bytes: size.bytes === null ? t('ask.unknownBytes') : sizeText(shortBytes(size.bytes)),
                partitions: size.partitions,
              })}
            </span>
            <Button kind="primary" onClick={() => setApproved(question)}>
              {t('ask.act')}
            </Button>
          </div>
        )}
        {filterProblem === null && (
          <QueryError
            className="m-4"
            query={{ error, isFetching: false, refetch: query.live ? tail.restart : scan.restart }}
          />
        )}
        <Table<MessageRow>
          label={t('title')}
          className="flex-1"
          columns={columns}
          rows={isWaiting ? undefined : asks ? [] : rows}
          rowKey={placeText}
          onOpen={row.select}
          openKey={query.at}
          hold={query.live}
          empty={
            !asks &&
            error === null && (
              <Nothing
                query={query}
                total={size?.records}
                mayProduce={forbiddenProduce === undefined}
                onChange={change}
              />
            )
          }
        />
      </div>
      {row.place !== null && (
        <MessagePanel
          place={{ cluster, topic, ...row.place }}
          decoders={{ key: query.key, value: query.value }}
          onClose={() => row.select(null)}
          onWalk={row.walk}
          onFilter={addCondition}
          onOpenPage={row.openPage}
        />
      )}
      {producing && (
        <ProduceDialog
          cluster={cluster}
          topic={topic}
          partitions={about.data?.partitions}
          onClose={() => {
            setProducing(false)
            if (!query.live && isBounded) scan.restart()
          }}
        />
      )}
    </div>
  )
}

function Nothing(props: {
  query: MessageQuery
  total: number | undefined
  mayProduce: boolean
  onChange(change: Partial<MessageQuery>): void
}) {
  const { query, total, onChange } = props
  const t = useTranslations('messages')
  if (query.live) {
    return (
      <EmptyState icon={Radio} title={t('empty.live')}>
        {t('empty.liveAbout')}
      </EmptyState>
    )
  }
  if (isFiltered(query)) {
    return (
      <EmptyState
        icon={SearchX}
        title={t('empty.noMatch')}
        action={<Button onClick={() => onChange({ q: '', f: [], cel: '' })}>{t('empty.clear')}</Button>}
      >
        {total === undefined ? t('empty.noMatchAbout') : t('empty.noMatchOf', { total: exactNumber(total) })}
      </EmptyState>
    )
  }
  const bounded = query.from.kind !== 'newest' || query.to.kind !== 'now' || query.p.length > 0
  return (
    <EmptyState
      icon={Inbox}
      title={t(bounded ? 'empty.bounds' : 'empty.title')}
      action={
        bounded && (
          <Button onClick={() => onChange({ from: { kind: 'newest' }, to: { kind: 'now' }, p: [] })}>
            {t('empty.showNewest')}
          </Button>
        )
      }
    >
      {t(bounded ? 'empty.boundsAbout' : props.mayProduce ? 'empty.about' : 'empty.aboutReader')}
    </EmptyState>
  )
}

function sizeText({ text, unit }: { readonly text: string; readonly unit: string }): string {
  return unit === '' ? text : `${text} ${unit}`
}

/** A change as the address's state takes it: what is empty leaves the address. */
function asState(change: Partial<MessageQuery>) {
  const { at: _, resume: __, ...rest } = change
  return {
    ...rest,
    ...(rest.q === '' && { q: null }),
    ...(rest.cel === '' && { cel: null }),
    ...(rest.f?.length === 0 && { f: null }),
    ...(rest.p?.length === 0 && { p: null }),
  }
}
