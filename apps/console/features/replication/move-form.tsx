'use client'
import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useState } from 'react'
import { Button, IconButton } from '../../components/ui/button.tsx'
import { Checkbox, Field, Input } from '../../components/ui/field.tsx'
import { chosenBrokers, type MoveQuery } from './move-query.ts'
import type { ReplicationOverview } from './outputs.ts'

/** The question: which topics, onto which brokers, how many replicas. */
export function MoveForm(props: {
  query: MoveQuery
  alive: readonly number[]
  gone: ReplicationOverview['gone']
  onChange(change: Partial<MoveQuery>): void
}) {
  const { query, alive, gone, onChange } = props
  const t = useTranslations('replication')
  const chosen = chosenBrokers(query, alive)
  const toggle = (id: number, on: boolean) => {
    const next = alive.filter((other) => (other === id ? on : chosen.includes(other)))
    onChange({ brokers: next.length === alive.length ? [] : next, without: null })
  }
  return (
    <>
      <section className="flex flex-col gap-2">
        <h2 className="font-strong">{t('form.topics')}</h2>
        {query.topic.length === 0 ? (
          <p className="text-muted">{t('form.allTopics')}</p>
        ) : (
          <ul className="flex flex-col gap-1">
            {query.topic.map((topic) => (
              <li key={topic} className="flex items-center gap-1">
                <span className="min-w-0 flex-1 break-all font-mono">{topic}</span>
                <IconButton
                  small
                  label={t('form.remove', { topic })}
                  onClick={() => onChange({ topic: query.topic.filter((other) => other !== topic) })}
                >
                  <X size={14} strokeWidth={1.75} />
                </IconButton>
              </li>
            ))}
          </ul>
        )}
        <AddTopic onAdd={(topic) => onChange({ topic: [...new Set([...query.topic, topic])] })} />
      </section>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 font-strong">{t('form.brokers')}</legend>
        {alive.map((id) => (
          <Checkbox
            key={id}
            checked={chosen.includes(id)}
            // One must be left: nowhere is no place to move to.
            disabled={chosen.length === 1 && chosen[0] === id}
            onChange={(on) => toggle(id, on)}
          >
            {t('broker', { id: String(id) })}
          </Checkbox>
        ))}
        {gone.map(({ nodeId }) => (
          <p key={nodeId} className="text-meta text-muted">
            {t('form.gone', { id: String(nodeId) })}
          </p>
        ))}
      </fieldset>
      <Whole
        label={t('form.replicas')}
        hint={t('form.replicasHint')}
        wrong={t('form.replicasWrong')}
        max={99}
        value={query.replicas}
        onChange={(replicas) => onChange({ replicas })}
      />
      <Whole
        label={t('form.limit')}
        hint={t('form.limitHint')}
        wrong={t('form.limitWrong')}
        max={100_000}
        value={query.limit}
        onChange={(limit) => onChange({ limit })}
      />
    </>
  )
}

function AddTopic({ onAdd }: { onAdd(topic: string): void }) {
  const t = useTranslations('replication')
  const [typed, setTyped] = useState('')
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (typed.trim() === '') return
    onAdd(typed.trim())
    setTyped('')
  }
  return (
    <form onSubmit={add} className="flex items-end gap-2">
      <Field label={<span className="font-regular">{t('form.onlyTopic')}</span>} className="flex-1">
        {(field) => <Input {...field} mono value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
      <Button type="submit">{t('form.add')}</Button>
    </form>
  )
}

/** A whole number, or none. Takes effect when one leaves it or presses Enter. */
function Whole(props: {
  label: string
  hint: string
  wrong: string
  max: number
  value: number | null
  onChange(value: number | null): void
}) {
  const { label, hint, wrong, max, value, onChange } = props
  const [draft, setDraft] = useState(value === null ? '' : String(value))
  useEffect(() => setDraft(value === null ? '' : String(value)), [value])
  const text = draft.trim()
  const isWrong = text !== '' && !(/^[1-9]\d{0,5}$/.test(text) && Number(text) <= max)
  const commit = () => {
    if (!isWrong) onChange(text === '' ? null : Number(text))
  }
  return (
    <Field label={label} hint={hint} error={isWrong ? wrong : undefined}>
      {(field) => (
        <Input
          {...field}
          inputMode="numeric"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit()
          }}
        />
      )}
    </Field>
  )
}
