'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { href } from '../../lib/href.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useLetterReason } from '../jobs/use-letter-reason.ts'

/** What became of the one letter of a job: where it is now, or why it is not. */
export function SentWhere({ cluster, job }: { cluster: string; job: string }) {
  const t = useTranslations('deadLetters')
  const letterReason = useLetterReason()
  const trpc = useTRPC()
  const found = useQuery(trpc.jobs.results.queryOptions({ cluster, job, limit: 1 }, { staleTime: 0 }))
  const { data } = found
  const [result] = data?.results ?? []
  if (found.error !== null) return <QueryError query={found} />
  if (data === undefined) return <Skeleton className="w-48" />
  if (result === undefined) return null
  const { target, outcome, reason, why } = result
  return (
    <p role="status">
      {t(`sent.${outcome}`)}{' '}
      {target !== null && outcome === 'sent' && (
        <Link
          href={href.record(cluster, target.topic, target.partition, target.offset)}
          prefetch={false}
          className="break-all font-mono text-accent hover:underline"
        >
          {target.topic}/{target.partition}@{target.offset}
        </Link>
      )}
      {outcome !== 'sent' && letterReason(reason, why)}
    </p>
  )
}
