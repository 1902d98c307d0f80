'use client'
import { keepPreviousData, skipToken, useMutation, useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Bytes } from '../../components/ui/number.tsx'
import { PlanLayout } from '../../components/ui/plan-layout.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import { MoveForm } from './move-form.tsx'
import { MovePlanTable } from './move-plan-table.tsx'
import { limitOf, type MoveQuery, moveQuestion } from './move-query.ts'
import { OutcomeList } from './outcome-list.tsx'
import type { MovePlan } from './outputs.ts'
import { useReplicationChanged } from './use-replication-changed.ts'

/** Left what is asked, right what would be moved, from the server's plan; the plan that is carried out is the one that is shown, once. */
export function MovePlanner(props: { cluster: string; query: MoveQuery; onChange(change: Partial<MoveQuery>): void }) {
  const { cluster, query, onChange } = props
  const t = useTranslations('replication')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const toast = useToast()
  const forbidden = useForbidden('administer', 'moveReplicas')
  const changed = useReplicationChanged()
  const once = useOneAtATime()
  const [confirming, setConfirming] = useState(false)
  // The frame around it keeps it up to date.
  const overview = useQuery(trpc.replication.overview.queryOptions({ cluster }))
  const alive = overview.data?.brokers.map(({ nodeId }) => nodeId) ?? []
  const question = moveQuestion(cluster, query, alive)
  const plan = useQuery(
    trpc.replication.plan.queryOptions(question ?? skipToken, {
      placeholderData: keepPreviousData,
      staleTime: 0,
      gcTime: 0,
      retry: false,
      refetchOnWindowFocus: false,
    }),
  )
  const data = question === null || plan.error !== null ? undefined : plan.data
  const isFresh = data !== undefined && !plan.isPlaceholderData && !plan.isFetching
  const begin = useMutation(
    trpc.replication.reassign.mutationOptions({
      onSuccess: async ({ results }) => {
        setConfirming(false)
        await changed()
        const failed = results.filter(({ error }) => error !== null).length
        if (failed > 0) return void plan.refetch()
        toast({ text: t('move.begun', { count: results.length }) })
        onChange({ plan: false, topic: [], brokers: [], without: null, replicas: null, limit: null })
      },
      onError: () => setConfirming(false),
    }),
  )
  const limit = limitOf(query)
  const reason =
    forbidden ?? (data === undefined ? t('move.planFirst') : data.count === 0 ? t('move.nothing') : undefined)
  return (
    <>
      <PlanLayout
        question={<MoveForm query={query} alive={alive} gone={overview.data?.gone ?? []} onChange={onChange} />}
        sentence={<Sentence plan={data} isRefused={plan.error !== null} />}
        acts={
          <>
            <Button onClick={() => onChange({ plan: false })}>{frame('cancel')}</Button>
            <Button
              kind="primary"
              busy={begin.isPending || (reason === undefined && !isFresh)}
              disabledReason={reason}
              onClick={() => setConfirming(true)}
            >
              {t('move.act', { count: data?.count ?? 0, shown: exactNumber(data?.count ?? 0) })}
            </Button>
          </>
        }
        notes={
          data !== undefined &&
          data.busy > 0 && <p className="text-meta text-muted">{t('move.busy', { count: data.busy })}</p>
        }
        command={question !== null && plan.isPending ? undefined : commandOf(data, limit)}
        errors={
          <>
            <QueryError query={plan} />
            {begin.error !== null && (
              <ErrorState
                error={begin.error}
                retry={() => {
                  begin.reset()
                  void plan.refetch()
                }}
              />
            )}
            <OutcomeList results={begin.data?.results} />
          </>
        }
      >
        <MovePlanTable plan={data} stale={!isFresh} isAsked={question !== null && plan.error === null} />
      </PlanLayout>
      {confirming && data !== undefined && (
        <Dialog
          open
          onOpenChange={() => setConfirming(false)}
          title={t('move.confirm', { count: data.count, shown: exactNumber(data.count) })}
          description={t('move.confirmAbout')}
          footer={
            <>
              <Button onClick={() => setConfirming(false)}>{frame('cancel')}</Button>
              <Button
                kind="primary"
                busy={begin.isPending}
                onClick={() => once(() => begin.mutateAsync({ cluster, planId: data.planId, bytesPerSecond: limit }))}
              >
                {t('move.act', { count: data.count, shown: exactNumber(data.count) })}
              </Button>
            </>
          }
        >
          <p className="pb-2">
            <Sentence plan={data} isRefused={false} />{' '}
            {limit !== null && t.rich('move.held', { rate: () => <Bytes key="rate" value={limit} unit="/s" /> })}
          </p>
        </Dialog>
      )}
    </>
  )
}

/** What does the same in a shell; null: there is nothing to do. */
function commandOf(plan: MovePlan | undefined, limit: number | null): string | null {
  if (plan === undefined || plan.count === 0) return null
  return limit === null ? plan.command : plan.command.replace(' --apply', ` --throttle ${limit} --apply`)
}

/** One sentence that could be read out over the phone. */
function Sentence({ plan, isRefused }: { plan: MovePlan | undefined; isRefused: boolean }) {
  const t = useTranslations('replication')
  if (isRefused) return t('move.refused')
  if (plan === undefined) return t('move.planning')
  if (plan.count === 0) return t('move.even', { count: plan.considered })
  const values = { count: plan.count, shown: exactNumber(plan.count), considered: plan.considered, copies: plan.copies }
  if (plan.copies === 0) return t('move.sentenceOrder', values)
  if (plan.bytes === null) return t('move.sentenceUnsized', values)
  return t.rich('move.sentence', { ...values, bytes: () => <Bytes key="bytes" value={plan.bytes} /> })
}
