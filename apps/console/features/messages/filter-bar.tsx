'use client'
import { useQuery } from '@tanstack/react-query'
import { Braces, Plus, X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useId, useState } from 'react'
import { Button, IconButton } from '../../components/ui/button.tsx'
import { Input } from '../../components/ui/field.tsx'
import { Select } from '../../components/ui/select.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import { type Condition, type MessageQuery, type Operator, operators } from './message-query.ts'

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
        <Expression
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

function operatorText(operator: Operator, t: ReturnType<typeof useTranslations<'messages'>>): string {
  switch (operator) {
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
    case 'exists':
    case 'missing':
      return t(`operator.${operator}`)
    case '==':
      return '='
    case '!=':
      return '≠'
    case '<=':
      return '≤'
    case '>=':
      return '≥'
    default:
      return operator
  }
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

function ConditionForm(props: {
  cluster: string
  topic: string
  query: MessageQuery
  onAdd(condition: Condition): void
  onClose(): void
}) {
  const { cluster, topic, query, onAdd, onClose } = props
  const t = useTranslations('messages')
  const trpc = useTRPC()
  const id = useId()
  const [field, setField] = useState('')
  const [operator, setOperator] = useState<Operator>('==')
  const [value, setValue] = useState('')
  const sampled = useQuery(
    trpc.messages.fields.queryOptions(
      { cluster, topic, decoders: { key: query.key, value: query.value } },
      { staleTime: 60_000 },
    ),
  )
  const fields = sampled.data?.fields ?? []
  const known = fields.find(({ path }) => path === field)
  const needsValue = operator !== 'exists' && operator !== 'missing'
  const add = () => {
    if (field.trim() === '') return
    // Text that looks like a number stays text where the field holds text.
    const isText = known?.types.includes('string') === true && !known.types.includes('int')
    const quoted = isText && needsValue && !value.startsWith('"') ? JSON.stringify(value) : value
    onAdd({ field: field.trim(), operator, value: isText && /^(-?\d|true$|false$|null$)/.test(value) ? quoted : value })
  }
  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <Input
        mono
        autoFocus
        aria-label={t('filter.field')}
        placeholder="value.customer.country"
        list={`${id}-fields`}
        value={field}
        onChange={(event) => setField(event.target.value)}
        className="!w-64 max-sm:!w-full"
      />
      <datalist id={`${id}-fields`}>
        {fields.map(({ path, types }) => (
          <option key={path} value={path}>
            {types.join(', ')}
          </option>
        ))}
      </datalist>
      <Select
        label={t('filter.operator')}
        value={operator}
        onChange={setOperator}
        options={operators.map((name) => ({ value: name, label: operatorText(name, t) }))}
      />
      {needsValue && (
        <>
          <Input
            mono
            aria-label={t('filter.value')}
            list={`${id}-values`}
            value={value}
            onChange={(event) => setValue(event.target.value)}
            className="!w-48 max-sm:!w-full"
          />
          <datalist id={`${id}-values`}>
            {known?.examples.map((example) => (
              <option key={example} value={example} />
            ))}
          </datalist>
        </>
      )}
      <Button type="submit" kind="primary">
        {t('filter.apply')}
      </Button>
      <Button kind="quiet" onClick={onClose}>
        {t('filter.cancel')}
      </Button>
      <span className="text-meta text-muted">
        {sampled.data === undefined ? t('filter.sampling') : t('filter.sampled', { count: sampled.data.messages })}
      </span>
    </form>
  )
}

function Expression(props: { text: string; problem: string | null; onChange(text: string): void; onClose(): void }) {
  const { text, problem, onChange, onClose } = props
  const t = useTranslations('messages')
  const id = useId()
  const [draft, setDraft] = useState(text)
  useEffect(() => setDraft(text), [text])
  return (
    <form
      className="flex flex-col gap-1"
      onSubmit={(event) => {
        event.preventDefault()
        onChange(draft.trim())
      }}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Input
          mono
          autoFocus={text === ''}
          aria-label={t('cel.label')}
          aria-describedby={`${id}-about`}
          aria-invalid={problem !== null || undefined}
          placeholder='value.amount > 100.0 && headers.source == "web"'
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          className="min-w-0 !w-auto flex-1"
        />
        <Button type="submit" kind={draft.trim() === text ? 'plain' : 'primary'}>
          {t('filter.apply')}
        </Button>
        <IconButton label={t('cel.remove')} onClick={onClose}>
          <X size={16} strokeWidth={1.75} />
        </IconButton>
      </div>
      <p id={`${id}-about`} className="text-meta">
        {problem === null ? (
          <span className="text-muted">{t('cel.about')}</span>
        ) : (
          <span className="text-wrong">{problem}</span>
        )}
      </p>
    </form>
  )
}
