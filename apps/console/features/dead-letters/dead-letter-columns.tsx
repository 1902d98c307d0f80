'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import { Count, Unknown } from '../../components/ui/number.tsx'
import { Sparkline } from '../../components/ui/sparkline.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import type { DeadLetterRow } from './outputs.ts'

/** The columns of the overview. `series`: letters by hour, by topic; it comes a little later. */
export function useDeadLetterColumns(
  cluster: string,
  series: Readonly<Record<string, readonly number[]>> | undefined,
): readonly Column<DeadLetterRow>[] {
  const t = useTranslations('deadLetters')
  return [
    {
      id: 'group',
      header: t('column.group'),
      sortable: true,
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2">
          <Link
            href={href.letters(cluster, row.topic)}
            prefetch={false}
            title={row.topic}
            className="min-w-0 truncate font-strong text-accent hover:underline"
          >
            {row.group ?? row.topic}
          </Link>
          {row.group === null && <Badge tip={t('noGroupAbout')}>{t('noGroup')}</Badge>}
          {row.convention !== null && row.convention !== 'odradek' && (
            <Badge>{t(`convention.${row.convention}`)}</Badge>
          )}
        </span>
      ),
    },
    {
      id: 'depth',
      header: t('column.depth'),
      align: 'right',
      sortable: true,
      cell: (row) =>
        row.isPartial ? (
          <span data-tip={t('partial')} className="text-attention">
            ≥ <Count value={row.depth} />
          </span>
        ) : (
          <Count value={row.depth} />
        ),
    },
    {
      id: 'grown',
      header: <span data-tip={t('column.grownTip')}>{t('column.grown')}</span>,
      align: 'right',
      sortable: true,
      cell: (row) => (
        <span className="inline-flex items-center gap-2">
          <Sparkline label={t('series')} values={series?.[row.topic] ?? []} />
          {row.grown > 0 ? (
            <span className="text-attention">
              +<Count value={row.grown} />
            </span>
          ) : (
            <span className="text-muted">0</span>
          )}
        </span>
      ),
    },
    {
      id: 'newest',
      header: t('column.newest'),
      width: '176px',
      sortable: true,
      cell: (row) => (row.newestMs === null ? <Unknown /> : <Time at={row.newestMs} />),
    },
    {
      id: 'oldest',
      header: t('column.oldest'),
      width: '176px',
      sortable: true,
      narrow: 'hidden',
      cell: (row) => (row.oldestMs === null ? <Unknown /> : <Time at={row.oldestMs} />),
    },
    {
      id: 'error',
      header: <span data-tip={t('column.topErrorTip')}>{t('column.topError')}</span>,
      cell: (row) =>
        row.topError === null ? (
          <Unknown />
        ) : (
          <span className="font-mono text-meta" title={row.topError}>
            {row.topError}
          </span>
        ),
    },
  ]
}
