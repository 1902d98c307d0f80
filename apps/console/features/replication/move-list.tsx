'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { ArrowLeftRight } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useState } from 'react'
import { useForbidden, useShell } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Bytes, Unknown } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { liveInterval } from '../../lib/live-interval.ts'
import { odradekCommand } from '../../lib/shell-command.ts'
import { useTRPC, useTRPCClient } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { OutcomeList } from './outcome-list.tsx'
import { type Move, type Outcome, placeName } from './outputs.ts'
import { ReplicaIds } from './replica-ids.tsx'
import { useReplicationChanged } from './use-replication-changed.ts'

const REFRESH_MS = 2_000
/** Partitions that one request takes back. */
const CANCEL_MAX = 10_000

/** What is being moved and how far it is; moves are taken back here. */
export function MoveList({ cluster, action }: { cluster: string; action: ReactNode }) {
  const t = useTranslations('replication')
  const trpc = useTRPC()
  const forbidden = useForbidden('administer', 'moveReplicas')
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const [cancelling, setCancelling] = useState<readonly Move[] | null>(null)
  const onData = useKept(trpc.replication.moves.queryKey({ cluster }))
  const live = useSubscription(trpc.replication.movesLive.subscriptionOptions({ cluster }, { onData }))
  const list = useQuery(
    trpc.replication.moves.queryOptions({ cluster }, { refetchInterval: liveInterval(live, REFRESH_MS) }),
  )
  const columns = useMoveColumns()
  const moves = list.data?.moves
  const chosen = moves?.filter((move) => selection.has(placeName(move))) ?? []
  const wanted = chosen.length > 0 ? chosen : (moves ?? [])
  if (moves === null) return <EmptyState icon={ArrowLeftRight} title={t('movesUntold')} />
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {moves !== undefined && moves.length > 0 && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-3 max-sm:px-4">
          <span className="font-strong">
            {chosen.length > 0 ? t('chosen', { count: chosen.length }) : t('movingCount', { count: moves.length })}
          </span>
          <Button disabledReason={forbidden} onClick={() => setCancelling(wanted)}>
            {t('cancelMove.open', { count: wanted.length })}
          </Button>
        </div>
      )}
      {list.data?.bytesPerSecond != null && <Held cluster={cluster} bytesPerSecond={list.data.bytesPerSecond} />}
      <QueryError className="m-4" query={list} />
      <Table
        label={t('movingLabel')}
        className="flex-1"
        columns={columns}
        rows={moves ?? (list.error === null ? undefined : [])}
        rowKey={placeName}
        rowLabel={placeName}
        selection={selection}
        onSelection={setSelection}
        hold
        empty={
          list.error === null && (
            <EmptyState icon={ArrowLeftRight} title={t('nothingMoves')} action={action}>
              {t('nothingMovesAbout')}
            </EmptyState>
          )
        }
      />
      {cancelling !== null && (
        <CancelMoves
          cluster={cluster}
          moves={cancelling}
          isAll={cancelling.length === moves?.length}
          onClose={() => {
            setCancelling(null)
            setSelection(new Set())
          }}
        />
      )}
    </div>
  )
}

/** Copies are held up, also when none is made now: it holds until somebody lets go. */
function Held({ cluster, bytesPerSecond }: { cluster: string; bytesPerSecond: number }) {
  const t = useTranslations('replication')
  const trpc = useTRPC()
  const forbidden = useForbidden('administer', 'moveReplicas')
  const once = useOneAtATime()
  const changed = useReplicationChanged()
  const letGo = useMutation(trpc.replication.unthrottle.mutationOptions({ onSuccess: changed }))
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-6 py-2 max-sm:px-4">
      <span>{t.rich('held', { rate: () => <Bytes key="rate" value={bytesPerSecond} unit="/s" /> })}</span>
      <Button
        small
        busy={letGo.isPending}
        disabledReason={forbidden}
        onClick={() => once(() => letGo.mutateAsync({ cluster }))}
      >
        {t('letGo')}
      </Button>
      {letGo.error !== null && <ErrorState error={letGo.error} />}
    </div>
  )
}

function useMoveColumns(): readonly Column<Move>[] {
  const t = useTranslations('replication')
  return [
    {
      id: 'partition',
      header: t('column.partition'),
      cell: (row) => <span className="font-strong">{placeName(row)}</span>,
    },
    {
      id: 'from',
      header: t('column.now'),
      cell: (row) => <ReplicaIds replicas={row.replicas} removing={row.removing} />,
    },
    {
      id: 'coming',
      header: t('column.coming'),
      cell: (row) => row.adding.map(({ nodeId }) => nodeId).join(', ') || '—',
    },
    { id: 'progress', header: t('column.progress'), width: '220px', cell: (row) => <Progress move={row} /> },
    {
      id: 'copied',
      header: t('column.copiedOf'),
      align: 'right',
      cell: (row) => (
        <span>
          <Bytes value={bytesOf(row)} /> /{' '}
          <Bytes value={row.leaderBytes === null ? null : row.leaderBytes * row.adding.length} />
        </span>
      ),
    },
    {
      id: 'lag',
      header: <span data-tip={t('column.lagTip')}>{t('column.lag')}</span>,
      align: 'right',
      narrow: 'hidden',
      cell: (row) => row.adding.map(({ offsetLag }) => offsetLag ?? '—').join(', ') || '—',
    },
  ]
}

function bytesOf({ adding }: Move): number | null {
  return adding.reduce<number | null>((sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes), 0)
}

function Progress({ move }: { move: Move }) {
  const t = useTranslations('replication')
  if (move.share === null) return <Unknown reason={t('progressUntold')} />
  const percent = Math.floor(move.share * 100)
  return (
    <span className="inline-flex w-48 items-center gap-2 max-sm:w-40">
      <span
        role="progressbar"
        aria-label={t('progressOf', { name: placeName(move) })}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="relative h-2 min-w-0 flex-1 overflow-hidden rounded-full bg-line"
      >
        <span className="absolute inset-y-0 left-0 bg-accent" style={{ width: `${percent}%` }} />
      </span>
      <span className="w-10 text-right">{percent} %</span>
    </span>
  )
}

function CancelMoves(props: { cluster: string; moves: readonly Move[]; isAll: boolean; onClose(): void }) {
  const { cluster, moves, isAll, onClose } = props
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const client = useTRPCClient()
  const toast = useToast()
  const { bootstrap } = useShell()
  const once = useOneAtATime()
  const changed = useReplicationChanged()
  const cancel = useMutation({
    mutationFn: async () => {
      const results: Outcome[] = []
      for (let at = 0; at < moves.length; at += CANCEL_MAX) {
        const partitions = moves.slice(at, at + CANCEL_MAX).map(({ topic, partition }) => ({ topic, partition }))
        results.push(...(await client.replication.cancel.mutate({ cluster, partitions })).results)
      }
      return results
    },
    // Also where a later part failed: what came before it is taken back.
    onSettled: () => changed(),
    onSuccess: (results) => {
      if (results.some(({ error }) => error !== null)) return
      toast({ text: t('cancelMove.done', { count: results.length }) })
      onClose()
    },
  })
  const byTopic = Map.groupBy(moves, ({ topic }) => topic)
  const words = isAll
    ? []
    : [...byTopic].flatMap(([topic, ofTopic]) => [
        '--topic',
        `${topic}:${ofTopic.map(({ partition }) => partition).join(',')}`,
      ])
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('cancelMove.title', { count: moves.length })}
      description={t('cancelMove.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('close')}</Button>
          <Button kind="primary" busy={cancel.isPending} onClick={() => once(() => cancel.mutateAsync())}>
            {t('cancelMove.act', { count: moves.length })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <p className="max-h-40 overflow-y-auto break-words font-mono text-meta">{moves.map(placeName).join(', ')}</p>
        <CommandLine
          label={frame('equivalent')}
          command={odradekCommand(bootstrap, 'cluster', 'reassign', '--cancel', ...words)}
        />
        {cancel.error !== null && <ErrorState error={cancel.error} />}
        <OutcomeList results={cancel.data} />
      </div>
    </Dialog>
  )
}
