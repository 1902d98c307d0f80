'use client'
import { type FieldOperator, fieldOperators } from '@odradek/client/field-condition'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useId, useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { Input } from '../../components/ui/field.tsx'
import { Select } from '../../components/ui/select.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import type { Condition, MessageQuery } from './message-query.ts'
import { operatorText } from './operator-text.ts'

/** A new condition: its field out of those of the newest messages. */
export function ConditionForm(props: {
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
  const [operator, setOperator] = useState<FieldOperator>('==')
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
        options={fieldOperators.map((name) => ({ value: name, label: operatorText(name, t) }))}
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
