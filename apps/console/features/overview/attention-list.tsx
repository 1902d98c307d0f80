'use client'
import { Check } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { StateIcon, textColour } from '../../components/ui/badge.tsx'
import { href } from '../../lib/href.ts'
import type { OverviewData } from './outputs.ts'

type Attention = OverviewData['attention'][number]

/** What needs attention, the worst first: one sentence each, and what it is about as links. */
export function AttentionList({ cluster, attention }: { cluster: string; attention: readonly Attention[] }) {
  const t = useTranslations('overview')
  if (attention.length === 0) {
    return (
      <p className="mb-4 flex items-center gap-2 text-muted">
        <Check size={14} strokeWidth={1.75} aria-hidden />
        {t('nothing')}
      </p>
    )
  }
  return (
    <section aria-label={t('attention')} className="mb-6">
      <h2 className="mb-2 text-heading">{t('attention')}</h2>
      <ul className="rounded-panel border bg-panel">
        {attention.map((one) => (
          <li key={`${one.severity} ${one.kind}`} className="flex gap-2.5 border-b px-3 py-2 last:border-b-0">
            <span className="mt-[3px]">
              <StateIcon state={one.severity} />
            </span>
            <div className="min-w-0">
              <p className={textColour[one.severity]}>{t(`problem.${one.kind}`, { count: one.count })}</p>
              <p className="flex flex-wrap gap-x-3">
                {one.examples.map((example) => (
                  <Example key={example} cluster={cluster} kind={one.kind} text={example} />
                ))}
                {one.count > one.examples.length && <span className="text-muted">…</span>}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Example({ cluster, kind, text }: { cluster: string; kind: Attention['kind']; text: string }) {
  const target = targetOf(cluster, kind, text)
  if (target === null) return null
  return (
    <Link href={target} prefetch={false} className="break-all font-mono text-accent hover:underline">
      {text}
    </Link>
  )
}

function targetOf(cluster: string, kind: Attention['kind'], text: string): string | null {
  switch (kind) {
    case 'leaderless':
    case 'offlineReplicas':
    case 'underReplicated':
      return href.topicPartition(
        cluster,
        text.slice(0, text.lastIndexOf('-')),
        Number(text.slice(text.lastIndexOf('-') + 1)),
      )
    case 'noController':
    case 'auditFailing':
      return null
    case 'alertFiring':
      return href.alerts(cluster)
    case 'brokerSilent':
    case 'diskFull':
    case 'directoryFailed':
    case 'brokerProblem':
      return href.brokers(cluster)
    case 'groupRebalancing':
    case 'groupWithoutMembers':
      return href.group(cluster, text)
    default:
      return kind satisfies never
  }
}
