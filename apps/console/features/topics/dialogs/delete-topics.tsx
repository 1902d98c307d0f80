'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Badge } from '../../../components/ui/badge.tsx'
import { Button } from '../../../components/ui/button.tsx'
import { CommandLine } from '../../../components/ui/command-line.tsx'
import { ConfirmName } from '../../../components/ui/confirm-name.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { Checkbox } from '../../../components/ui/field.tsx'
import { Bytes, Count } from '../../../components/ui/number.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { Skeleton } from '../../../components/ui/skeleton.tsx'
import { useToast } from '../../../components/ui/toast.tsx'
import { href } from '../../../lib/href.ts'
import { exactNumber } from '../../../lib/numbers.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useTopicsChanged } from './use-topics-changed.ts'

/** Who reads may change while one thinks. */
const REFRESH_MS = 3_000

/** Deletes topics: what goes with them and who still reads them comes first, then the name has to be typed. */
export function DeleteTopics(props: { cluster: string; topics: readonly string[]; onClose(): void }) {
  const { cluster, topics, onClose } = props
  const t = useTranslations('topics')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const router = useRouter()
  const toast = useToast()
  const changed = useTopicsChanged()
  const [typed, setTyped] = useState('')
  const [withWaiting, setWithWaiting] = useState(false)
  const impact = useQuery(
    trpc.topics.deleteImpact.queryOptions(
      { cluster, topics: [...topics] },
      { staleTime: 0, refetchInterval: REFRESH_MS },
    ),
  )
  const expected = topics.length === 1 ? (topics[0] ?? '') : String(topics.length)
  const remove = useMutation(
    trpc.topics.delete.mutationOptions({
      onSuccess: async (results) => {
        if (results.some(({ error }) => error !== null)) return changed()
        onClose()
        toast({ text: t('delete.done', { count: topics.length, topic: topics[0] ?? '' }) })
        router.push(href.topics(cluster))
        await changed()
      },
    }),
  )
  const reading = impact.data?.topics.flatMap(({ groups }) => groups.filter(({ members }) => members > 0)) ?? []
  const records = impact.data?.topics.reduce<number | null>(
    (sum, topic) => (sum === null || topic.records === null ? null : sum + topic.records),
    0,
  )
  const failed = remove.data?.filter(({ error }) => error !== null) ?? []
  // Records wait in it: they go only where somebody says so.
  const hasWaiting = failed.some(({ error }) => error?.name === 'POLICY_VIOLATION')
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('delete.title', { count: topics.length, topic: topics[0] ?? '' })}
      description={t('delete.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="wrong"
            busy={remove.isPending}
            disabledReason={typed === expected ? undefined : t('delete.typeFirst')}
            onClick={() => remove.mutate({ cluster, topics: [...topics], confirm: typed, withWaiting })}
          >
            {t('delete.act', { count: topics.length })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <QueryError query={impact} />
        {impact.isPending && <Skeleton className="w-64" />}
        {impact.data !== undefined && (
          <>
            <p className="font-strong">
              {records == null
                ? t('delete.unknownRecords')
                : t('delete.records', { count: records, shown: exactNumber(records) })}{' '}
              {reading.length === 0 ? t('delete.nobody') : t('delete.reading', { count: reading.length })}
            </p>
            <ul className="max-h-56 overflow-y-auto rounded-control border">
              {impact.data.topics.map((topic) => (
                <li key={topic.topic} className="border-b px-3 py-1.5 last:border-b-0">
                  <div className="flex gap-3">
                    <span className="min-w-0 flex-1 break-all font-mono">{topic.topic}</span>
                    <span className="text-muted">
                      <Count value={topic.records} /> · <Bytes value={topic.sizeBytes} />
                    </span>
                  </div>
                  {topic.groups.length > 0 && (
                    <div className="flex flex-wrap items-center gap-1.5 pt-1 text-meta">
                      <span className="text-muted">{t('delete.groups')}</span>
                      {topic.groups.map((group) => (
                        <Badge key={group.id} state={group.members > 0 ? 'attention' : 'good'}>
                          {group.id}
                          {group.members > 0 && ` · ${t('delete.members', { count: group.members })}`}
                        </Badge>
                      ))}
                    </div>
                  )}
                </li>
              ))}
            </ul>
            <CommandLine label={frame('equivalent')} command={impact.data.commands.join('\n')} />
          </>
        )}
        <ConfirmName name={expected} value={typed} onChange={setTyped} />
        {remove.error !== null && <ErrorState error={remove.error} />}
        {failed.map(({ topic, error }) => (
          <p key={topic} className="break-words text-wrong" role="alert">
            {topic}: {error?.text} <span className="font-mono text-meta">{`${error?.name} (${error?.number})`}</span>
          </p>
        ))}
        {hasWaiting && (
          <Checkbox checked={withWaiting} onChange={setWithWaiting}>
            {t('delete.withWaiting')}
          </Checkbox>
        )}
      </div>
    </Dialog>
  )
}
