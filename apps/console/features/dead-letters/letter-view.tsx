'use client'
import { useMutation } from '@tanstack/react-query'
import { ListChecks, ListX, PencilLine, RotateCw } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Button } from '../../components/ui/button.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Tabs } from '../../components/ui/tabs.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import type { Condition } from '../messages/message-query.ts'
import { Headers, Metadata } from '../messages/message-view.tsx'
import type { FullMessage } from '../messages/outputs.ts'
import { PayloadPane } from '../messages/payload-pane.tsx'
import { Attempts } from './attempts.tsx'
import type { LetterSpot } from './letter-found.tsx'
import { LetterHistory } from './letter-history.tsx'
import { LetterStateBadge } from './letter-state.tsx'
import { Original } from './original.tsx'
import type { LetterDetail, LetterMeaning, LetterState } from './outputs.ts'

const ResendDialog = dynamic(async () => (await import('./resend-dialog.tsx')).ResendDialog, { ssr: false })
const EditDialog = dynamic(async () => (await import('./edit-dialog.tsx')).EditDialog, { ssr: false })

type Tab = 'attempts' | 'value' | 'key' | 'headers' | 'original' | 'history' | 'metadata'

export interface FullLetter extends Omit<LetterDetail, 'meaning' | 'state'> {
  readonly message: FullMessage
  readonly meaning: LetterMeaning
  readonly state: LetterState
}

/** A letter in full: why it is one, what it says, where it came from, what was done about it; and what can be done. */
export function LetterView(props: {
  place: LetterSpot
  letter: FullLetter
  onLoadAll(): void
  onChanged(): void
  onFilter?(condition: Condition): void
}) {
  const { place, letter, onLoadAll, onChanged, onFilter } = props
  const { message, meaning, state, history, original } = letter
  const t = useTranslations('deadLetters')
  const words = useTranslations('messages')
  const trpc = useTRPC()
  const [tab, setTab] = useState<Tab>('attempts')
  const [act, setAct] = useState<'resend' | 'edit' | null>(null)
  const operate = useForbidden('operate')
  const edit = useForbidden('edit')
  const { cluster, topic, partition, offset } = place
  const mark = { cluster, topic, places: [{ partition, offset }] }
  const resolve = useMutation(trpc.deadLetters.resolve.mutationOptions({ onSuccess: onChanged }))
  const unresolve = useMutation(trpc.deadLetters.unresolve.mutationOptions({ onSuccess: onChanged }))
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const acts = { onLoadAll, ...(onFilter && { onFilter }) }
  // A letter without a copy of its record is looked at, and sent, as that record.
  const record = (meaning.isReference ? original?.message : null) ?? message
  const editable = meaning.isReference && !original?.message ? t('edit.noRecord') : undefined
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2">
        <LetterStateBadge state={state} />
        <span className="ml-auto flex flex-wrap gap-2">
          {state.isResolved ? (
            <Button disabledReason={operate} busy={unresolve.isPending} onClick={() => unresolve.mutate(mark)}>
              <ListX {...icon} />
              {t('resolve.undo')}
            </Button>
          ) : (
            <Button disabledReason={operate} busy={resolve.isPending} onClick={() => resolve.mutate(mark)}>
              <ListChecks {...icon} />
              {t('resolve.one')}
            </Button>
          )}
          <Button disabledReason={edit ?? editable} onClick={() => setAct('edit')}>
            <PencilLine {...icon} />
            {t('edit.open')}
          </Button>
          <Button kind="primary" disabledReason={operate} onClick={() => setAct('resend')}>
            <RotateCw {...icon} />
            {t('resend.one')}
          </Button>
        </span>
      </div>
      {resolve.error !== null && <ErrorState className="m-4" error={resolve.error} />}
      {unresolve.error !== null && <ErrorState className="m-4" error={unresolve.error} />}
      <Tabs<Tab>
        label={words('parts')}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'attempts', label: `${t('tab.attempts')} ${meaning.attempts.length}` },
          { value: 'value', label: words('column.value') },
          { value: 'key', label: words('column.key') },
          { value: 'headers', label: `${words('column.headers')} ${message.headers.length}` },
          { value: 'original', label: t('tab.original') },
          { value: 'history', label: `${t('tab.history')} ${history.length}` },
          { value: 'metadata', label: words('metadata.label') },
        ]}
      >
        {tab === 'attempts' && <Attempts meaning={meaning} />}
        {tab === 'value' && (
          <>
            {meaning.isReference && <p className="px-4 pt-3 text-muted">{t('original.reference')}</p>}
            <PayloadPane root="value" label={words('column.value')} payload={record.value} {...acts} />
          </>
        )}
        {tab === 'key' && <PayloadPane root="key" label={words('column.key')} payload={record.key} {...acts} />}
        {tab === 'headers' && <Headers message={message} />}
        {tab === 'original' && <Original cluster={cluster} message={message} meaning={meaning} original={original} />}
        {tab === 'history' && <LetterHistory place={place} history={history} meaning={meaning} />}
        {tab === 'metadata' && <Metadata message={message} />}
      </Tabs>
      {act === 'resend' && <ResendDialog place={place} onClose={() => setAct(null)} onDone={onChanged} />}
      {act === 'edit' && <EditDialog place={place} message={record} onClose={() => setAct(null)} onDone={onChanged} />}
    </>
  )
}
