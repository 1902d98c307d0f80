'use client'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import type { ConfigEntry } from '../../features/topics/outputs.ts'
import { useShell } from '../frame/shell.tsx'
import { Button } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { ErrorState } from '../ui/error-state.tsx'
import { Field, Input } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import type { ConfigEditorProps } from './config-editor.tsx'
import { humanValue } from './human-value.ts'

/** The form for one config. Bounds are said before, and the broker's own refusal after; it stays open until the broker has agreed. */
export function ConfigForm(props: ConfigEditorProps & { entry: ConfigEntry; onDone(): void }) {
  const { entry, onSet, commandOf, onDone } = props
  const t = useTranslations('config')
  const frame = useTranslations('frame')
  const { bootstrap } = useShell()
  const [value, setValue] = useState(entry.value ?? '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      await onSet(entry.name, value)
      onDone()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  const choice = entry.values !== null && entry.type !== 'list' ? entry.values : null
  const bounds = [
    entry.min !== null && t('min', { value: entry.min }),
    entry.max !== null && entry.max < Number.MAX_SAFE_INTEGER && t('max', { value: entry.max }),
    entry.unit !== null && t(`unit.${entry.unit}`),
    entry.type === 'list' && entry.values !== null && t('oneOf', { values: entry.values.join(', ') }),
    entry.defaultValue !== null && t('default', { value: entry.defaultValue }),
    humanValue(value, entry.unit),
  ].filter((text) => text !== false && text !== null)
  return (
    <form onSubmit={save} className="mt-2 flex max-w-2xl flex-col gap-2 rounded-panel border bg-panel p-3">
      <Field label={t('newValue')} hint={bounds.join(' · ')}>
        {(field) =>
          choice === null ? (
            <Input {...field} mono autoFocus value={value} onChange={(event) => setValue(event.target.value)} />
          ) : (
            <Select
              id={field.id}
              label={t('newValue')}
              value={value}
              onChange={setValue}
              options={choice.map((one) => ({ value: one, label: one }))}
            />
          )
        }
      </Field>
      <CommandLine label={frame('equivalent')} command={commandOf(bootstrap, entry.name, value)} />
      {error !== null && <ErrorState error={error} />}
      <div className="flex gap-2">
        <Button
          kind="primary"
          type="submit"
          busy={busy}
          disabledReason={value === (entry.value ?? '') && entry.isOverridden ? t('same') : undefined}
          onClick={save}
        >
          {t('save')}
        </Button>
        <Button onClick={onDone}>{frame('cancel')}</Button>
      </div>
    </form>
  )
}
