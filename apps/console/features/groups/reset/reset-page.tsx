'use client'
import { keepPreviousData, skipToken, useMutation, useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useDeferredValue, useState } from 'react'
import { useForbidden } from '../../../components/frame/shell.tsx'
import { Button } from '../../../components/ui/button.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { PlanLayout } from '../../../components/ui/plan-layout.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { exactNumber } from '../../../lib/numbers.ts'
import { timeText } from '../../../lib/times.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useZone } from '../../../lib/zone.tsx'
import type { ResetPlan } from '../outputs.ts'
import { useGroupsChanged } from '../use-groups-changed.ts'
import { ApplyDialog } from './apply-dialog.tsx'
import { BusyGroup } from './busy-group.tsx'
import { PastResets } from './past-resets.tsx'
import { PlanChart } from './plan-chart.tsx'
import { PlanTable } from './plan-table.tsx'
import { resetQueryParsers } from './reset-query.ts'
import { targetOf } from './reset-target.ts'
import { ScopeTree } from './scope-tree.tsx'
import { TargetForm } from './target-form.tsx'

/**
 * Moves a group: left the question, right the server's plan, live. What is applied is the plan that is shown, once; where anything moved
 * in between it is refused, and a new plan is a button away.
 */
export function ResetPage({ cluster, group }: { cluster: string; group: string }) {
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const zone = useZone()
  const changed = useGroupsChanged()
  const operate = useForbidden('operate')
  const [asked, setAsked] = useQueryStates(resetQueryParsers)
  const [now] = useState(() => Date.now())
  const [confirming, setConfirming] = useState(false)
  const about = useQuery(trpc.groups.get.queryOptions({ cluster, group }))
  const known = knownPartitions(about.data?.partitions ?? [])
  const target = useDeferredValue(targetOf(asked, zone, now))
  const isScopeEmpty = asked.scope !== null && asked.scope.length === 0
  const question =
    target === null || isScopeEmpty
      ? skipToken
      : {
          cluster,
          group,
          target,
          scope:
            asked.scope?.map(({ topic, partitions }) => ({
              topic,
              partitions: partitions === null ? null : [...partitions],
            })) ?? null,
        }
  const plan = useQuery(
    trpc.groups.resetPlan.queryOptions(question, {
      placeholderData: keepPreviousData,
      staleTime: 0,
      gcTime: 0,
      refetchOnWindowFocus: false,
    }),
  )
  const apply = useMutation(trpc.groups.resetApply.mutationOptions({ onSettled: changed }))
  const arm = useMutation(trpc.groups.resetArm.mutationOptions({ onSettled: changed }))
  const data = question === skipToken ? undefined : plan.data
  const fresh = data !== undefined && !plan.isPlaceholderData && !plan.isFetching
  const isPlanning = question !== skipToken && plan.isPending
  const sentence = useSentence(data)
  const done = apply.data !== undefined && apply.variables?.planId === data?.planId ? apply.data : undefined
  const isArmed = arm.data !== undefined && arm.variables?.planId === data?.planId
  const replan = () => {
    apply.reset()
    arm.reset()
    void plan.refetch()
  }
  const reason =
    operate ??
    (data === undefined ? t('reset.complete') : data.totals.partitions === 0 ? t('reset.nothing') : undefined)
  const arms = data?.state.canBeMoved === false
  // Whose members are in the way is known before the plan is.
  const inTheWay = arms
    ? data?.state.members
    : isPlanning && about.data?.members.length
      ? about.data.members
      : undefined
  return (
    <>
      <PlanLayout
        question={
          <>
            <TargetForm asked={asked} onChange={(change) => setAsked(change)} now={now} />
            {known.size > 0 && (
              <ScopeTree known={known} scope={asked.scope} onChange={(scope) => setAsked({ scope })} />
            )}
            <PastResets cluster={cluster} group={group} />
          </>
        }
        sentence={
          done !== undefined
            ? t('reset.done', {
                moved: done.results.filter(({ error }) => error === null).length,
                failed: done.results.filter(({ error }) => error !== null).length,
              })
            : isArmed
              ? t('reset.armed')
              : (sentence ?? t(isScopeEmpty ? 'reset.chooseScope' : isPlanning ? 'reset.planning' : 'reset.hint'))
        }
        acts={
          done === undefined && !isArmed ? (
            <Button
              kind="primary"
              busy={apply.isPending || arm.isPending || (reason === undefined && !fresh)}
              disabledReason={reason}
              onClick={() => setConfirming(true)}
            >
              {t(arms ? 'reset.armAct' : 'reset.applyAct', { count: data?.totals.partitions ?? 0 })}
            </Button>
          ) : (
            <Button onClick={replan}>{t('reset.another')}</Button>
          )
        }
        notes={
          inTheWay !== undefined &&
          !isArmed && <BusyGroup cluster={cluster} group={group} members={inTheWay} onGone={replan} />
        }
        command={isPlanning ? undefined : (data?.command ?? null)}
        errors={
          <>
            <QueryError query={plan} />
            {apply.error !== null && <ErrorState error={apply.error} retry={replan} />}
            {arm.error !== null && <ErrorState error={arm.error} retry={replan} />}
          </>
        }
      >
        <PlanChart cluster={cluster} group={group} plan={done === undefined ? data : undefined} />
        <PlanTable
          cluster={cluster}
          plan={data}
          isPlanning={isPlanning}
          results={done?.results}
          stale={!fresh && done === undefined}
        />
      </PlanLayout>
      {confirming && data !== undefined && (
        <ApplyDialog
          plan={data}
          sentence={sentence ?? ''}
          arms={arms}
          onClose={() => setConfirming(false)}
          onConfirm={(confirm) => {
            setConfirming(false)
            const order = { cluster, planId: data.planId, ...(confirm !== undefined && { confirm }) }
            if (arms) arm.mutate(order)
            else apply.mutate(order)
          }}
        />
      )}
    </>
  )
}

/** One sentence that could be read out over the phone. */
function useSentence(plan: ResetPlan | undefined): string | undefined {
  const t = useTranslations('groups')
  const zone = useZone()
  if (plan === undefined) return undefined
  const { topics, partitions, replays, skips, oldestMs, failed } = plan.totals
  const sentence = t('reset.sentence', {
    topics,
    partitions,
    replays: exactNumber(replays),
    skips: exactNumber(skips),
  })
  const oldest = oldestMs === null ? '' : ` ${t('reset.oldest', { at: `${timeText(oldestMs, zone, 's')} ${zone}` })}`
  return `${sentence}${oldest}${failed > 0 ? ` ${t('reset.cannot', { count: failed })}` : ''}`
}

function knownPartitions(rows: readonly { topic: string; partition: number }[]): Map<string, number[]> {
  const known = new Map<string, number[]>()
  for (const { topic, partition } of rows) {
    const partitions = known.get(topic)
    if (partitions === undefined) known.set(topic, [partition])
    else partitions.push(partition)
  }
  return known
}
