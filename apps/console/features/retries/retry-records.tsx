'use client'
import { keepPreviousData, skipToken, useMutation, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { Hourglass, MailX, RotateCw, ShieldOff } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { parseAsInteger, parseAsString, useQueryStates } from 'nuqs'
import { useCallback, useState } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { Bytes, Exact, Unknown } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { SilentBrokers } from '../../components/ui/silent-brokers.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { useLettersChanged } from '../dead-letters/use-letters-changed.ts'
import type { RetryOrder, RetryRow } from './outputs.ts'

const REFRESH_MS = 3_000
const LIMIT = 200
const LIMIT_MAX = 10_000
const keyOf = (row: RetryRow) => `${row.partition}@${row.offset}`

/** The records of a group that wait for another try, the next due first: skip the wait, or give them up. */
export function RetryRecords({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('retries')
  const letters = useTranslations('deadLetters')
  const trpc = useTRPC()
  const operate = useForbidden('operate')
  const payloads = useForbidden('payloads')
  const [{ key, n }, setQuery] = useQueryStates({
    key: parseAsString.withDefault(''),
    n: parseAsInteger.withDefault(LIMIT),
  })
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  /** Those that are asked about: the list goes on meanwhile. */
  const [burying, setBurying] = useState<readonly { partition: number; offset: number }[] | null>(null)
  const [done, setDone] = useState<{ what: 'deliver' | 'bury'; result: RetryOrder } | null>(null)
  const input = { cluster, topic, limit: Math.min(Math.max(n, 1), LIMIT_MAX), ...(key !== '' && { key }) }
  const asked = payloads === undefined ? input : skipToken
  const onData = useKept(trpc.retries.records.queryKey(input))
  const live = useSubscription(trpc.retries.recordsLive.subscriptionOptions(asked, { onData }))
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const list = useQuery(
    trpc.retries.records.queryOptions(asked, { placeholderData: keepPreviousData, refetchInterval }),
  )
  const { data } = list
  const changed = useLettersChanged()
  const after = (what: 'deliver' | 'bury') => (result: RetryOrder) => {
    setDone({ what, result })
    setSelection(new Set())
    changed()
  }
  const once = useOneAtATime()
  const deliver = useMutation(trpc.retries.deliver.mutationOptions({ onSuccess: after('deliver') }))
  const bury = useMutation(trpc.retries.bury.mutationOptions({ onSuccess: after('bury') }))
  // Of what was chosen, what still waits.
  const records = (data?.rows ?? [])
    .filter((row) => selection.has(keyOf(row)))
    .map(({ partition, offset }) => ({ partition, offset }))
  const search = useCallback((text: string) => void setQuery({ key: text === '' ? null : text }), [setQuery])
  const columns = useRetryColumns(cluster, topic)
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const nothing = records.length === 0 ? t('chooseFirst') : undefined
  return (
    <>
      <TitleRow
        parents={[
          { label: letters('title'), href: href.deadLetters(cluster) },
          { label: t('title'), href: href.retries(cluster) },
        ]}
        title={records.length === 0 ? topic : t('chosen', { count: records.length })}
        badges={
          data !== undefined && (
            <span className="text-meta text-muted">{t('counts', { waiting: exactNumber(data.waiting) })}</span>
          )
        }
        actions={
          <>
            <ButtonLink href={href.topic(cluster, topic)}>{letters('asTopic')}</ButtonLink>
            <Button
              disabledReason={operate ?? nothing}
              busy={deliver.isPending}
              onClick={() => once(() => deliver.mutateAsync({ cluster, topic, records }))}
            >
              <RotateCw {...icon} />
              {t('deliver')}
            </Button>
            <Button disabledReason={operate ?? nothing} busy={bury.isPending} onClick={() => setBurying(records)}>
              <MailX {...icon} />
              {t('bury.act')}
            </Button>
          </>
        }
      />
      <div className="flex flex-wrap items-center gap-4 border-b px-6 pb-3 max-sm:px-4">
        <FilterInput label={t('byKey')} value={key} onChange={search} className="w-72 max-sm:w-full" />
        {done !== null && (
          <p role="status">
            {t(`done.${done.what}`, { count: done.result.done })}
            {done.result.skipped > 0 && ` ${t('done.skipped', { count: done.result.skipped })}`}
            {done.result.failed > 0 && (
              <span className="text-wrong"> {t('done.failed', { count: done.result.failed })}</span>
            )}
          </p>
        )}
      </div>
      <PageBody>
        <QueryError className="m-4" query={list} />
        <SilentBrokers brokers={data?.silent} />
        {deliver.error !== null && <ErrorState className="m-4" error={deliver.error} />}
        {bury.error !== null && <ErrorState className="m-4" error={bury.error} />}
        {payloads !== undefined ? (
          <EmptyState icon={ShieldOff} title={payloads} />
        ) : (
          <Table<RetryRow>
            label={t('waitingRecords')}
            className="flex-1"
            columns={columns}
            rows={data?.rows ?? (list.error === null ? undefined : [])}
            rowKey={keyOf}
            rowLabel={keyOf}
            selection={selection}
            onSelection={setSelection}
            stale={list.isPlaceholderData}
            hold
            view={key}
            empty={
              list.error === null && (
                <EmptyState icon={Hourglass} title={t(key === '' ? 'empty.nothing' : 'empty.noKey')}>
                  {key === '' && t('empty.nothingAbout')}
                </EmptyState>
              )
            }
            footer={
              data?.isCut === true &&
              n < LIMIT_MAX && (
                <div className="border-t px-6 py-2 max-sm:px-4">
                  <Button onClick={() => setQuery({ n: Math.min(n * 5, LIMIT_MAX) })}>{t('more')}</Button>
                </div>
              )
            }
          />
        )}
      </PageBody>
      {burying !== null && (
        <Bury
          count={burying.length}
          onClose={() => setBurying(null)}
          onConfirm={() => {
            setBurying(null)
            once(() => bury.mutateAsync({ cluster, topic, records: [...burying] }))
          }}
        />
      )}
    </>
  )
}

function Bury(props: { count: number; onConfirm(): void; onClose(): void }) {
  const { count, onConfirm, onClose } = props
  const t = useTranslations('retries')
  const frame = useTranslations('frame')
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('bury.title', { count })}
      description={t('bury.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button kind="wrong" onClick={onConfirm}>
            {t('bury.act')}
          </Button>
        </>
      }
    />
  )
}

function useRetryColumns(cluster: string, topic: string): readonly Column<RetryRow>[] {
  const t = useTranslations('retries')
  const letters = useTranslations('deadLetters')
  return [
    {
      id: 'due',
      header: t('column.due'),
      width: '196px',
      cell: (row) => (
        <span className="inline-flex items-center gap-2">
          <Link
            href={href.waitingLife(cluster, topic, row.partition, row.offset)}
            prefetch={false}
            className="text-accent hover:underline"
          >
            <Time at={row.dueMs} />
          </Link>
          {row.isDeadLetter && <Badge state="attention">{t('dying')}</Badge>}
        </span>
      ),
    },
    {
      id: 'failures',
      header: t('column.failures'),
      align: 'right',
      width: '80px',
      cell: (row) => <Exact value={row.failures} />,
    },
    {
      id: 'error',
      header: letters('column.error'),
      width: '32%',
      cell: (row) =>
        row.error === null ? (
          <Unknown />
        ) : (
          <span className="font-mono text-meta" title={row.error}>
            {row.error}
          </span>
        ),
    },
    {
      id: 'key',
      header: letters('column.key'),
      cell: (row) => (row.key === null ? <Unknown /> : <span className="font-mono text-meta">{row.key}</span>),
    },
    {
      id: 'origin',
      header: letters('column.origin'),
      cell: ({ origin }) =>
        origin === null ? (
          <span className="text-muted">{letters('unknownOrigin')}</span>
        ) : (
          <Link
            href={href.record(cluster, origin.topic, origin.partition, origin.offset)}
            prefetch={false}
            className="font-mono text-accent text-meta hover:underline"
          >
            {origin.topic}-{origin.partition}@{origin.offset}
          </Link>
        ),
    },
    {
      id: 'bytes',
      header: t('column.size'),
      align: 'right',
      width: '90px',
      narrow: 'hidden',
      cell: (row) => <Bytes value={row.valueBytes} />,
    },
  ]
}
