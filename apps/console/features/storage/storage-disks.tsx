'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge, type State } from '../../components/ui/badge.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { type Column, Table } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { CompactionPass } from './compaction-pass.tsx'
import { DiskMarks } from './disk-marks.tsx'
import type { StorageBroker, StorageDisk } from './outputs.ts'

const stateOf = {
  roomy: 'good',
  expiring: 'attention',
  forcing: 'wrong',
  refusing: 'wrong',
  full: 'wrong',
} as const satisfies Record<StorageDisk['state'], State>

type DiskRow = StorageDisk & { readonly nodeId: number }
type DamagedRow = StorageBroker['damaged'][number]

/** Every disk with its marks, the pass of compaction that is on, flushing by broker, and what is damaged. */
export function StorageDisks({ cluster }: { cluster: string }) {
  const t = useTranslations('storage')
  const trpc = useTRPC()
  // The frame around it keeps it up to date.
  const about = useQuery(trpc.storage.get.queryOptions({ cluster }))
  const brokers = about.data?.brokers
  const rows = brokers?.flatMap(({ nodeId, disks }) => disks.map((disk) => ({ ...disk, nodeId })))
  const damaged = brokers?.flatMap((broker) => broker.damaged) ?? []
  const offline = brokers?.flatMap(({ nodeId, offline: own }) => own.map((one) => ({ ...one, nodeId }))) ?? []
  const brokerColumn = <Row extends { readonly nodeId: number }>(): Column<Row> => ({
    id: 'broker',
    header: t('column.broker'),
    cell: (row) => (
      <Link
        href={href.broker(cluster, row.nodeId)}
        prefetch={false}
        className="font-strong text-accent hover:underline"
      >
        {row.nodeId}
      </Link>
    ),
  })
  const disks: readonly Column<DiskRow>[] = [
    brokerColumn<DiskRow>(),
    { id: 'use', header: t('column.use'), width: '240px', cell: (row) => <DiskMarks disk={row} /> },
    {
      id: 'state',
      header: t('column.state'),
      cell: (row) => (
        <span className="inline-flex items-center gap-2">
          <Badge state={stateOf[row.state]} tip={t(`stateAbout.${row.state}`)}>
            {t(`state.${row.state}`)}
          </Badge>
          {row.isExhausted && (
            <Badge state="wrong" tip={t('exhaustedTip')}>
              {t('exhausted')}
            </Badge>
          )}
        </span>
      ),
    },
    { id: 'free', header: t('column.free'), align: 'right', cell: (row) => <Bytes value={row.freeBytes} /> },
    {
      id: 'forcible',
      header: <span data-tip={t('column.forcibleTip')}>{t('column.forcible')}</span>,
      align: 'right',
      cell: (row) => <Bytes value={row.forcibleBytes} />,
    },
    {
      id: 'refused',
      header: <span data-tip={t('column.refusedTip')}>{t('column.refused')}</span>,
      align: 'right',
      cell: (row) => <Exact value={row.refusedBatches} />,
    },
    {
      id: 'directories',
      header: t('column.directories'),
      narrow: 'hidden',
      cell: (row) => (
        <span className="font-mono text-muted" title={row.directories.join('\n')}>
          {row.directories.join(', ')}
        </span>
      ),
    },
  ]
  const flush: readonly Column<StorageBroker>[] = [
    brokerColumn<StorageBroker>(),
    {
      id: 'dirty',
      header: t('figure.unflushed'),
      align: 'right',
      cell: (row) => <Bytes value={row.flush.dirtyBytes} />,
    },
    {
      id: 'journal',
      header: <span data-tip={t('column.journalTip')}>{t('column.journal')}</span>,
      align: 'right',
      cell: (row) => <Bytes value={row.flush.journalBytes} />,
    },
    {
      id: 'syncs',
      header: <span data-tip={t('column.syncsTip')}>{t('column.syncs')}</span>,
      align: 'right',
      cell: (row) => <Exact value={row.flush.syncs} />,
    },
    {
      id: 'scrubbed',
      header: <span data-tip={t('column.scrubbedTip')}>{t('column.scrubbed')}</span>,
      align: 'right',
      cell: (row) => <Exact value={row.scrub.segments} />,
    },
    {
      id: 'check',
      header: <span data-tip={t('column.checkTip')}>{t('column.check')}</span>,
      cell: (row) => <Time at={Date.parse(row.plan.nextRetentionCheckAt)} />,
    },
    {
      id: 'profile',
      header: t('column.profile'),
      cell: (row) =>
        row.plan.deleteWhen === null
          ? row.plan.profile
          : `${row.plan.profile} · ${row.plan.deleteWhen.hours.join(', ')} h (${row.plan.deleteWhen.timezone})`,
    },
  ]
  const damage: readonly Column<DamagedRow>[] = [
    {
      id: 'partition',
      header: t('column.partition'),
      cell: (row) => (
        <Link href={href.topic(cluster, row.topic, 'partitions')} prefetch={false} className="text-accent">
          {row.topic}/{row.partition}
        </Link>
      ),
    },
    { id: 'problem', header: t('column.problem'), cell: (row) => row.problem },
    { id: 'file', header: t('column.file'), cell: (row) => <span className="font-mono">{row.file}</span> },
    { id: 'found', header: t('column.found'), cell: (row) => <Time at={Date.parse(row.foundAt)} /> },
  ]
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      {offline.map(({ nodeId, directory, error }) => (
        <p key={`${nodeId} ${directory}`} role="alert" className="mx-6 my-3 text-wrong max-sm:mx-4">
          {t('offline', { broker: String(nodeId), directory, error })}
        </p>
      ))}
      {damaged.length > 0 && (
        <>
          <h2 className="px-6 pt-4 pb-2 text-heading text-wrong max-sm:px-4">{t('damaged')}</h2>
          <Table
            label={t('damaged')}
            columns={damage}
            rows={damaged}
            rowKey={(row) => `${row.topic}/${row.partition}`}
          />
        </>
      )}
      <h2 className="px-6 pt-4 pb-2 text-heading max-sm:px-4">{t('disks')}</h2>
      <Table
        label={t('disks')}
        columns={disks}
        rows={rows ?? (about.error === null ? undefined : [])}
        rowKey={(row) => `${row.nodeId} ${row.id}`}
        hold
      />
      <CompactionPass cluster={cluster} brokers={brokers ?? []} />
      <h2 className="px-6 pt-6 pb-2 text-heading max-sm:px-4">{t('flushing')}</h2>
      <Table
        label={t('flushing')}
        columns={flush}
        rows={brokers ?? (about.error === null ? undefined : [])}
        rowKey={(row) => String(row.nodeId)}
        hold
      />
    </div>
  )
}
