'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Bytes } from '../../components/ui/number.tsx'
import { href } from '../../lib/href.ts'
import type { StorageBroker } from './outputs.ts'

/** The passes of compaction that are on, with how far each is. */
export function CompactionPass({ cluster, brokers }: { cluster: string; brokers: readonly StorageBroker[] }) {
  const t = useTranslations('storage')
  const passes = brokers.flatMap(({ nodeId, plan: { compacting } }) =>
    compacting === null ? [] : [{ nodeId, ...compacting }],
  )
  return (
    <section aria-label={t('compaction')} className="px-6 pt-6 max-sm:px-4">
      <h2 className="pb-2 text-heading">{t('compaction')}</h2>
      {passes.length === 0 && <p className="text-muted">{t('compactionIdle')}</p>}
      <ul className="flex flex-col gap-2">
        {passes.map(({ nodeId, topic, partition, bytesRead, bytesToRead }) => {
          const share = bytesToRead === 0 ? 0 : Math.min(1, bytesRead / bytesToRead)
          return (
            <li key={nodeId} className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Link
                href={href.topic(cluster, topic, 'partitions')}
                prefetch={false}
                className="min-w-0 break-all font-mono text-accent hover:underline"
              >
                {topic}/{partition}
              </Link>
              <progress
                aria-label={t('compactionOf', { topic, partition })}
                value={share}
                max={1}
                className="h-2 w-40 accent-[var(--accent)]"
              />
              <span>
                {Math.round(share * 100)} % · <Bytes value={bytesRead} /> / <Bytes value={bytesToRead} />
              </span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
