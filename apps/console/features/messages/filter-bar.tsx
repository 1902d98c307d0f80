'use client'
import { Braces, Plus, X } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button, IconButton } from '../../components/ui/button.tsx'
import type { MessageQuery } from './message-query.ts'
import { operatorText } from './operator-text.ts'

const ConditionForm = dynamic(async () => (await import('./condition-form.tsx')).ConditionForm, { ssr: false })
const ExpressionForm = dynamic(async () => (await import('./expression-form.tsx')).ExpressionForm, {
  ssr: false,
  loading: () => <div className="h-[52px]" />,
})

/** The second and third rung of the filter: conditions on fields, and an expression of one's own. */
export function FilterBar(props: {
  cluster: string
  topic: string
  query: MessageQuery
  /** Why the expression cannot be used. */
  problem: string | null
  onChange(change: Partial<MessageQuery>): void
}) {
  const { cluster, topic, query, problem, onChange } = props
  const t = useTranslations('messages')
  const [adding, setAdding] = useState(false)
  const [writing, setWriting] = useState(query.cel !== '')
  const remove = (index: number) => onChange({ f: query.f.filter((_, n) => n !== index) })
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {query.q !== '' && (
          <Chip label={t('filter.contains', { text: query.q })} onRemove={() => onChange({ q: '' })}>
            <span className="text-muted">{t('filter.containsWord')}</span> “{query.q}”
          </Chip>
        )}
        {query.f.map((condition, index) => (
          <Chip
            key={JSON.stringify(condition)}
            label={`${condition.field} ${condition.operator} ${condition.value}`}
            onRemove={() => remove(index)}
          >
            {condition.field} <span className="text-muted">{operatorText(condition.operator, t)}</span>{' '}
            {condition.operator === 'exists' || condition.operator === 'missing' ? '' : condition.value}
          </Chip>
        ))}
        {!adding && (
          <Button small onClick={() => setAdding(true)}>
            <Plus size={14} strokeWidth={1.75} aria-hidden />
            {t('filter.add')}
          </Button>
        )}
        {!writing && (
          <Button small onClick={() => setWriting(true)}>
            <Braces size={14} strokeWidth={1.75} aria-hidden />
            CEL
          </Button>
        )}
      </div>
      {adding && (
        <ConditionForm
          cluster={cluster}
          topic={topic}
          query={query}
          onClose={() => setAdding(false)}
          onAdd={(condition) => {
            setAdding(false)
            onChange({ f: [...query.f, condition] })
          }}
        />
      )}
      {writing && (
        <ExpressionForm
          text={query.cel}
          problem={problem}
          onChange={(cel) => onChange({ cel })}
          onClose={() => {
            setWriting(false)
            onChange({ cel: '' })
          }}
        />
      )}
    </>
  )
}

function Chip(props: { label: string; onRemove(): void; children: React.ReactNode }) {
  const t = useTranslations('messages')
  return (
    <span className="inline-flex h-6 max-w-full items-center gap-1 rounded-control border border-line bg-accent-soft pr-0.5 pl-2 font-mono text-meta">
      <span className="min-w-0 truncate">{props.children}</span>
      <IconButton
        small
        className="!h-5 !w-5"
        label={t('filter.remove', { filter: props.label })}
        onClick={props.onRemove}
      >
        <X size={12} strokeWidth={1.75} />
      </IconButton>
    </span>
  )
}
