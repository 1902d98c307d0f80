'use client'
import { useTranslations } from 'next-intl'
import { Field, Input } from './field.tsx'

/** What cannot be undone is confirmed by typing the name of what it is done to. */
export function ConfirmName(props: { name: string; value: string; onChange(value: string): void }) {
  const t = useTranslations('frame')
  const label = t.rich('typeName', {
    name: () => (
      <code key="name" className="break-all font-mono">
        {props.name}
      </code>
    ),
  })
  return (
    <Field label={label}>
      {(field) => (
        <Input {...field} mono value={props.value} onChange={(event) => props.onChange(event.target.value)} />
      )}
    </Field>
  )
}
