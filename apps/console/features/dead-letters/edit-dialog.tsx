'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button, IconButton } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Input } from '../../components/ui/field.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Tabs } from '../../components/ui/tabs.tsx'
import { newId } from '../../lib/new-id.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { type FullMessage, type FullPayload, placeText } from '../messages/outputs.ts'
import { draftOf, type PayloadDraft, PayloadField, type PayloadFormat } from '../messages/payload-field.tsx'
import type { LetterSpot } from './letter-found.tsx'
import { firstPossible } from './resend-dialog.tsx'
import { SentWhere } from './sent-where.tsx'
import { TargetChoice, type TargetKind } from './target-choice.tsx'

const DiffView = dynamic(() => import('./diff-view.tsx'), { ssr: false })

interface HeaderDraft {
  readonly id: number
  readonly key: string
  readonly value: PayloadDraft
}

/** Headers that the broker and the job write themselves. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'RECONSUME_TIME',
  'ATTEMPTS',
  'EXCEPTION',
  'DEAD_LETTER_REASON',
  'BORN_TIMESTAMP',
])

type Step = 'edit' | 'diff'

/** Sends a letter again with other words: what is changed is shown as a difference before it goes, and is told in its headers. */
export function EditDialog(props: { place: LetterSpot; message: FullMessage; onClose(): void; onDone(): void }) {
  const { place, message, onClose, onDone } = props
  const t = useTranslations('deadLetters')
  const words = useTranslations('messages')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const [id] = useState(newId)
  const [step, setStep] = useState<Step>('edit')
  const [key, setKey] = useState(() => wordsOf(message.key, 'text'))
  const [value, setValue] = useState(() => wordsOf(message.value, 'json'))
  const [headers, setHeaders] = useState<readonly HeaderDraft[]>(() => headerDrafts(message))
  const [chosen, setChosen] = useState<TargetKind | null>(null)
  const targets = useQuery(trpc.deadLetters.targets.queryOptions(place, { staleTime: 0, gcTime: 0 }))
  const send = useMutation(trpc.deadLetters.editAndResend.mutationOptions({ onSuccess: onDone }))
  const target = chosen ?? firstPossible(targets.data?.choices ?? [])
  // As it was when the drafts were made: the letter may be asked for again while it is edited.
  const [before] = useState({ key, value, headers })
  const edit = {
    ...(!isSame(before.key, key) && { key }),
    ...(!isSame(before.value, value) && { value }),
    ...(!isSame(plain(before.headers), plain(headers)) && { headers: plain(headers) }),
  }
  const isChanged = Object.keys(edit).length > 0
  const reason = message.value.truncated
    ? t('edit.truncated')
    : !isChanged
      ? t('edit.unchanged')
      : targets.data !== undefined && target === null
        ? t('target.impossible')
        : undefined
  const setHeader = (at: number, change: Partial<HeaderDraft>) =>
    setHeaders((all) => all.map((header) => (header.id === at ? { ...header, ...change } : header)))
  const done = send.data
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t('edit.title', { place: placeText(place) })}
      description={t('edit.about')}
      footer={
        done !== undefined ? (
          <Button kind="primary" onClick={onClose}>
            {frame('close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{frame('cancel')}</Button>
            {step === 'edit' ? (
              <Button kind="primary" disabledReason={reason} onClick={() => setStep('diff')}>
                {t('edit.look')}
              </Button>
            ) : (
              <Button
                kind="primary"
                busy={send.isPending || targets.data === undefined}
                disabledReason={reason}
                onClick={() => send.mutate({ ...place, id, target: { kind: target ?? 'retry' }, edit })}
              >
                {t('edit.send')}
              </Button>
            )}
          </>
        )
      }
    >
      {done !== undefined ? (
        <SentWhere cluster={place.cluster} job={done.id} />
      ) : (
        <Tabs<Step>
          label={t('edit.open')}
          value={step}
          onChange={setStep}
          tabs={[
            { value: 'edit', label: t('edit.words') },
            { value: 'diff', label: t('edit.diff') },
          ]}
        >
          <div className="flex flex-col gap-4 py-3">
            {step === 'edit' ? (
              <>
                <PayloadField label={words('column.value')} payload={value} onChange={setValue} rows={12} />
                <PayloadField label={words('column.key')} payload={key} onChange={setKey} rows={1} />
                <fieldset className="flex flex-col gap-2">
                  <legend className="mb-1 font-strong">{words('column.headers')}</legend>
                  {headers.map((header) => (
                    <div key={header.id} className="flex items-center gap-2">
                      <Input
                        mono
                        aria-label={words('produce.headerName')}
                        value={header.key}
                        onChange={(event) => setHeader(header.id, { key: event.target.value })}
                        className="!w-1/3"
                      />
                      <Input
                        mono
                        aria-label={words('produce.headerValue')}
                        readOnly={header.value.format === 'null'}
                        value={header.value.text}
                        onChange={(event) =>
                          setHeader(header.id, { value: { ...header.value, text: event.target.value } })
                        }
                      />
                      <IconButton
                        label={words('produce.removeHeader', { name: header.key })}
                        onClick={() => setHeaders((all) => all.filter((one) => one.id !== header.id))}
                      >
                        <X size={16} strokeWidth={1.75} />
                      </IconButton>
                    </div>
                  ))}
                  <div>
                    <Button small onClick={() => setHeaders(withOneMore)}>
                      <Plus size={14} strokeWidth={1.75} aria-hidden />
                      {words('produce.addHeader')}
                    </Button>
                  </div>
                </fieldset>
              </>
            ) : (
              <>
                <DiffView
                  label={t('edit.diff')}
                  before={asText(before.key, before.value, before.headers)}
                  after={asText(key, value, headers)}
                  beforeLabel={t('edit.was')}
                  afterLabel={t('edit.becomes')}
                />
                {targets.data !== undefined && (
                  <TargetChoice choices={targets.data.choices} value={target ?? 'retry'} onChange={setChosen} />
                )}
              </>
            )}
            <QueryError query={targets} />
            {send.error !== null && <ErrorState error={send.error} />}
          </div>
        </Tabs>
      )}
    </Dialog>
  )
}

function headerDrafts(message: FullMessage): HeaderDraft[] {
  return message.headers
    .filter(({ key }) => !OWN_HEADERS.has(key) && !key.startsWith('x-redrive-'))
    .map((header, id) => ({ id, key: header.key, value: wordsOf(header.value, 'text') }))
}

/** A payload as it was written, not as it is laid out to be read: what is not touched stays byte for byte. */
function wordsOf(payload: FullPayload, otherwise: PayloadFormat): PayloadDraft {
  const draft = draftOf(payload, otherwise)
  if (draft.format !== 'json') return draft
  const bytes = Uint8Array.from(atob(payload.base64), (character) => character.charCodeAt(0))
  return { format: 'json', text: new TextDecoder().decode(bytes) }
}

function withOneMore(all: readonly HeaderDraft[]): HeaderDraft[] {
  return [...all, { id: Math.max(-1, ...all.map(({ id }) => id)) + 1, key: '', value: { format: 'text', text: '' } }]
}

function plain(headers: readonly HeaderDraft[]) {
  return headers.map(({ key, value }) => ({ key, value }))
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The whole message as text, for the difference. */
function asText(key: PayloadDraft, value: PayloadDraft, headers: readonly HeaderDraft[]): string {
  const lines = headers.map(
    (header) => `${header.key}: ${header.value.format === 'null' ? '(null)' : header.value.text}`,
  )
  const word = ({ format, text }: PayloadDraft) => (format === 'null' ? '(null)' : text)
  return [...lines, `key: ${word(key)}`, '', word(value)].join('\n')
}
