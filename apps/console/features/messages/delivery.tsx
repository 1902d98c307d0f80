'use client'
import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge, type State } from '../../components/ui/badge.tsx'
import { ButtonLink, buttonClass } from '../../components/ui/button.tsx'
import { Count } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'

const REFRESH_MS = 5_000
const states = { read: 'good', next: 'busy', pending: 'good', unknown: 'unknown' } as const satisfies Record<
  string,
  State
>

/** Which groups have read the message, which stand before it, and which have others to read first. */
export function Delivery(place: {
  cluster: string
  topic: string
  partition: number
  offset: number
  /** Epoch milliseconds; -1: it has none. */
  timestamp: number
}) {
  const t = useTranslations('messages')
  const trpc = useTRPC()
  const { cluster, topic, partition, offset, timestamp } = place
  // All of the group to its moment; where it has none, its partition to its offset.
  const here = new URLSearchParams(
    timestamp >= 0
      ? { to: 'time', at: String(timestamp) }
      : { to: 'offset', offset: String(offset), scope: `${encodeURIComponent(topic)}:${partition}` },
  )
  const groups = useQuery(
    trpc.messages.delivery.queryOptions({ cluster, topic, partition, offset }, { refetchInterval: REFRESH_MS }),
  )
  if (groups.error !== null) return <QueryError className="m-4" query={groups} />
  if (groups.data === undefined) return <Skeleton className="m-4 w-40" />
  const life = (
    <p className="px-4 py-3">
      <ButtonLink small href={href.life(cluster, topic, partition, offset)}>
        {t('delivery.life')}
      </ButtonLink>
    </p>
  )
  if (groups.data.length === 0) {
    return (
      <>
        <p className="px-4 pt-6 text-muted">{t('delivery.none')}</p>
        {life}
      </>
    )
  }
  return (
    <div className="overflow-y-auto">
      <ul>
        {groups.data.map(({ group, delivery, before }) => (
          <li key={group} className="flex items-center gap-3 border-b px-4 py-1.5">
            <Link
              href={href.group(cluster, group)}
              prefetch={false}
              className="min-w-0 flex-1 truncate font-mono text-accent hover:underline"
            >
              {group}
            </Link>
            {delivery === 'pending' && (
              <span className="text-meta text-muted">
                <Count value={before} /> {t('delivery.before')}
              </span>
            )}
            <Badge state={states[delivery]}>{t(`delivery.${delivery}`)}</Badge>
            <Link
              href={`${href.group(cluster, group, 'reset')}?${here}`}
              prefetch={false}
              aria-label={t('delivery.moveHere', { group })}
              data-tip={t('delivery.moveHere', { group })}
              className={buttonClass('quiet', true)}
            >
              <History size={16} strokeWidth={1.75} aria-hidden />
            </Link>
          </li>
        ))}
      </ul>
      {life}
    </div>
  )
}
