'use client'
import { keepPreviousData, skipToken, useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button } from '../../components/ui/button.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { PlanLayout } from '../../components/ui/plan-layout.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { href } from '../../lib/href.ts'
import { newId } from '../../lib/new-id.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useLettersChanged } from '../dead-letters/use-letters-changed.ts'
import { CheckTable } from './check-table.tsx'
import { ConfirmCount } from './confirm-count.tsx'
import type { ResendPlan } from './outputs.ts'
import { ResendForm } from './resend-form.tsx'
import { type ResendQuery, resendQueryParsers, resendQuestion } from './resend-query.ts'
import { useLetterReason } from './use-letter-reason.ts'

/** Sends many again: left the question, right what would come of it, checked by the server; then it is a job of the server's own. */
export function ResendPage({ cluster, topic }: { cluster: string; topic: string }) {
  const t = useTranslations('jobs')
  const letters = useTranslations('deadLetters')
  const trpc = useTRPC()
  const router = useRouter()
  const operate = useForbidden('operate')
  const payloads = useForbidden('payloads')
  const changed = useLettersChanged()
  const [query, setQuery] = useQueryStates(resendQueryParsers)
  const [id, setId] = useState(newId)
  const [confirming, setConfirming] = useState(false)
  const asked = query as ResendQuery
  const question = resendQuestion(cluster, topic, asked)
  const about = useQuery(trpc.deadLetters.get.queryOptions({ cluster, topic }))
  const check = useQuery(
    trpc.jobs.check.queryOptions(operate !== undefined || question === null ? skipToken : question, {
      placeholderData: keepPreviousData,
      staleTime: 0,
      gcTime: 0,
      refetchOnWindowFocus: false,
    }),
  )
  const create = useMutation(
    trpc.jobs.create.mutationOptions({
      onSuccess: (job) => {
        changed()
        router.push(href.job(cluster, job.id))
      },
    }),
  )
  const plan = question === null ? undefined : check.data
  const isAsked = question !== null && operate === undefined
  const isChecking = isAsked && check.isPending
  const isFresh = plan !== undefined && !check.isPlaceholderData && !check.isFetching
  const reason =
    operate ??
    (question === null ? t('check.complete') : plan?.toSend === 0 ? t('check.nothing') : undefined) ??
    (plan !== undefined && plan.sources.length > 0 ? payloads : undefined)
  const run = (confirm: number | undefined) => {
    setConfirming(false)
    if (question !== null) create.mutate({ ...question, id, ...(confirm !== undefined && { confirm }) })
  }
  return (
    <>
      <TitleRow
        parents={[
          { label: letters('title'), href: href.deadLetters(cluster) },
          { label: about.data?.group ?? topic, href: href.letters(cluster, topic) },
        ]}
        title={t('resend')}
      />
      <div className="flex min-h-0 flex-1 flex-col border-t">
        <PlanLayout
          question={<ResendForm query={asked} onChange={(change) => void setQuery(change)} />}
          sentence={check.error === null && <Sentence plan={plan} />}
          acts={
            <Button
              kind="primary"
              busy={create.isPending || create.isSuccess || (reason === undefined && !isFresh)}
              disabledReason={reason}
              onClick={() => (plan?.mustConfirm === true ? setConfirming(true) : run(undefined))}
            >
              {t('run', { count: exactNumber(plan?.toSend ?? 0) })}
            </Button>
          }
          notes={<Online plan={plan} isComing={isChecking && about.data?.group != null} />}
          command={isChecking ? undefined : (plan?.command ?? null)}
          errors={
            <>
              <QueryError query={check} />
              {create.error !== null && (
                <ErrorState
                  error={create.error}
                  retry={() => {
                    setId(newId())
                    create.reset()
                    void check.refetch()
                  }}
                />
              )}
            </>
          }
        >
          {check.error === null && (
            <CheckTable cluster={cluster} topic={topic} plan={plan} stale={!isFresh} isAsked={isAsked} />
          )}
        </PlanLayout>
      </div>
      {confirming && plan !== undefined && (
        <ConfirmCount count={plan.toSend} onConfirm={run} onClose={() => setConfirming(false)} />
      )}
    </>
  )
}

/** One sentence that could be read out over the phone. */
function Sentence({ plan }: { plan: ResendPlan | undefined }) {
  const t = useTranslations('jobs')
  if (plan === undefined) return t('check.checking')
  return t('check.sentence', {
    matched: exactNumber(plan.matched),
    send: exactNumber(plan.toSend),
    fail: exactNumber(plan.toFail),
    skip: exactNumber(plan.toSkip),
    where: plan.targets.map(({ topic }) => topic).join(', ') || '—',
  })
}

/** Who is there to read what is sent; `isComing`: that will be told, and has its line. */
function Online({ plan, isComing }: { plan: ResendPlan | undefined; isComing: boolean }) {
  const t = useTranslations('jobs')
  const letterReason = useLetterReason()
  if (plan === undefined) {
    return isComing ? (
      <p>
        <Skeleton className="w-1/3" />
      </p>
    ) : null
  }
  const { group, membersOnline, notes, notesWhy } = plan
  return (
    <>
      {group !== null && membersOnline !== null && (
        <p className={membersOnline === 0 ? 'text-attention' : 'text-muted'}>
          {t('check.online', { group, count: membersOnline })}
        </p>
      )}
      {notes.map((note, at) => (
        <p key={note} className="text-meta text-muted">
          {letterReason(note, notesWhy[at] ?? null)}
        </p>
      ))}
    </>
  )
}
