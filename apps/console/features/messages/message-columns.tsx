'use client'
import { useTranslations } from 'next-intl'
import { Exact } from '../../components/ui/number.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import type { MessageRow } from './outputs.ts'
import { PayloadText } from './payload-text.tsx'

/** The columns of a list of messages. */
export function useMessageColumns(): readonly Column<MessageRow>[] {
  const t = useTranslations('messages')
  return [
    {
      id: 'timestamp',
      header: t('column.time'),
      width: '196px',
      cell: (row) => <Time at={row.timestamp} form="ms" />,
    },
    {
      id: 'partition',
      header: t('column.partition'),
      align: 'right',
      width: '80px',
      cell: (row) => <Exact value={row.partition} />,
    },
    {
      id: 'offset',
      header: t('column.offset'),
      align: 'right',
      width: '110px',
      cell: (row) => <Exact value={row.offset} />,
    },
    { id: 'key', header: t('column.key'), bounded: true, cell: (row) => <PayloadText payload={row.key} /> },
    { id: 'value', header: t('column.value'), grow: true, cell: (row) => <PayloadText payload={row.value} /> },
    {
      id: 'headers',
      header: t('column.headers'),
      align: 'right',
      width: '80px',
      narrow: 'hidden',
      cell: (row) =>
        row.headerCount === 0 ? <span className="text-muted">0</span> : <Exact value={row.headerCount} />,
    },
  ]
}
