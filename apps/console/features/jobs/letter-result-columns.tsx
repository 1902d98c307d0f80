'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { Column } from '../../components/ui/table.tsx'
import { href } from '../../lib/href.ts'
import type { Job } from './outputs.ts'
import { useLetterReason } from './use-letter-reason.ts'

interface LetterResult {
  readonly partition: number
  readonly offset: number
  readonly reason: string | null
  readonly why: Job['why']
}

/** What a check and a job's results have alike: which letter it is, and why it is not sent. */
export function useLetterResultColumns(cluster: string, topic: string) {
  const t = useTranslations('jobs')
  const letterReason = useLetterReason()
  const letter: Column<LetterResult> = {
    id: 'letter',
    header: t('result.letter'),
    width: '120px',
    cell: ({ partition, offset }) => (
      <Link
        href={href.letter(cluster, topic, partition, offset)}
        prefetch={false}
        className="font-mono text-accent hover:underline"
      >
        {partition}@{offset}
      </Link>
    ),
  }
  const reason: Column<LetterResult> = {
    id: 'reason',
    header: t('result.reason'),
    cell: (row) => {
      const text = letterReason(row.reason, row.why)
      return text ? <span title={text}>{text}</span> : null
    },
  }
  return { letter, reason }
}
