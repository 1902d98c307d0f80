'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { newId } from '../../lib/new-id.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useLetterReason } from '../jobs/use-letter-reason.ts'
import { placeText } from '../messages/outputs.ts'
import type { LetterSpot } from './letter-found.tsx'
import { SentWhere } from './sent-where.tsx'
import { TargetChoice, type TargetKind } from './target-choice.tsx'

/** Sends one letter again, as it is. However often the button is pressed, it is sent once. */
export function ResendDialog(props: { place: LetterSpot; onClose(): void; onDone(): void }) {
  const { place, onClose, onDone } = props
  const t = useTranslations('deadLetters')
  const frame = useTranslations('frame')
  const letterReason = useLetterReason()
  const trpc = useTRPC()
  const payloads = useForbidden('payloads')
  const [id] = useState(newId)
  const [chosen, setChosen] = useState<TargetKind | null>(null)
  const targets = useQuery(trpc.deadLetters.targets.queryOptions(place, { staleTime: 0, gcTime: 0 }))
  const resend = useMutation(trpc.deadLetters.resend.mutationOptions({ onSuccess: onDone }))
  const { data } = targets
  const target = chosen ?? firstPossible(data?.choices ?? [])
  const done = resend.data
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('resend.title', { place: placeText(place) })}
      description={t('resend.stays')}
      footer={
        done === undefined ? (
          <>
            <Button onClick={onClose}>{frame('cancel')}</Button>
            <Button
              kind="primary"
              busy={resend.isPending || data === undefined}
              disabledReason={
                data !== undefined && target === null
                  ? t('target.impossible')
                  : data !== undefined && data.sources.length > 0
                    ? payloads
                    : undefined
              }
              onClick={() => resend.mutate({ ...place, id, target: { kind: target ?? 'retry' } })}
            >
              {t('resend.one')}
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={onClose}>
            {frame('close')}
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {done !== undefined ? (
          <SentWhere cluster={place.cluster} job={done.id} />
        ) : data === undefined ? (
          targets.error === null && <Skeleton className="w-48" />
        ) : (
          <>
            <TargetChoice choices={data.choices} value={target ?? 'retry'} onChange={setChosen} />
            {data.membersOnline === 0 && <p className="text-attention">{t('target.nobodyOnline')}</p>}
            {data.notes.map((note, at) => (
              <p key={note} className="text-meta text-muted">
                {letterReason(note, data.notesWhy[at] ?? null)}
              </p>
            ))}
          </>
        )}
        <QueryError query={targets} />
        {resend.error !== null && <ErrorState error={resend.error} />}
      </div>
    </Dialog>
  )
}

/** The safest choice that there is. */
export function firstPossible(
  choices: readonly { readonly kind: string; readonly topic: string | null }[],
): TargetKind | null {
  const kind = choices.find(({ topic }) => topic !== null)?.kind
  return kind === 'retry' || kind === 'origin' ? kind : null
}
