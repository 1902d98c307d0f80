'use client'
import Link from 'next/link'
import { href } from '../../lib/href.ts'
import type { AlertIncident } from './outputs.ts'

/** What an alert is about, as a link to where it can be seen. */
export function SubjectLink({ cluster, alert }: { cluster: string; alert: Pick<AlertIncident, 'kind' | 'subject'> }) {
  return (
    <Link
      href={targetOf(cluster, alert)}
      prefetch={false}
      title={alert.subject}
      className="inline-block min-w-0 max-w-[36ch] truncate align-bottom font-strong text-accent hover:underline"
    >
      {alert.subject}
    </Link>
  )
}

function targetOf(cluster: string, { kind, subject }: Pick<AlertIncident, 'kind' | 'subject'>): string {
  switch (kind) {
    case 'lag':
      return href.group(cluster, subject)
    case 'deadLetters':
      return href.letters(cluster, subject)
    case 'waiting':
      return href.delayedTopic(cluster, subject)
    case 'disk':
      return /^\d+$/.test(subject) ? href.broker(cluster, Number(subject)) : href.brokers(cluster)
    case 'leaderless':
      return `${href.brokers(cluster, 'partitions')}?only=leaderless`
    default:
      return kind satisfies never
  }
}
