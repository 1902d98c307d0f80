'use client'
import { Pencil, RotateCcw } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import type { ConfigEntry } from '../../features/topics/outputs.ts'
import { cn } from '../../lib/cn.ts'
import { Badge } from '../ui/badge.tsx'
import { IconButton } from '../ui/button.tsx'
import { ErrorState } from '../ui/error-state.tsx'
import type { ConfigEditorProps } from './config-editor.tsx'
import { ConfigForm } from './config-form.tsx'
import { humanValue } from './human-value.ts'

/** Kafka's word for "never" and "any number". */
const LONG_MAX = '9223372036854775807'

/** One config: its name and what it means, its value and where that comes from; the pencil opens the form in its place. */
export function ConfigRow(props: ConfigEditorProps & { entry: ConfigEntry }) {
  const { entry, forbidden, onReset } = props
  const t = useTranslations('config')
  const [editing, setEditing] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const human = entry.value === LONG_MAX ? t('noLimit') : humanValue(entry.value, entry.unit)
  const fixed = entry.isReadOnly ? t('readOnly') : forbidden
  const reset = async () => {
    setBusy(true)
    setError(null)
    try {
      await onReset(entry.name)
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  return (
    <li className="group border-b px-6 py-2 hover:bg-hover max-sm:px-4">
      <div className="grid grid-cols-[minmax(0,3fr)_minmax(0,2fr)_auto] items-start gap-x-4 max-sm:grid-cols-[minmax(0,1fr)_auto]">
        <div className="min-w-0 max-sm:col-span-2">
          <div className={cn('break-all font-mono', entry.isOverridden && 'font-strong')}>{entry.name}</div>
          {entry.documentation !== null && (
            <p className="max-w-[80ch] break-words text-meta text-muted">{entry.documentation}</p>
          )}
        </div>
        <div className="min-w-0">
          <div className="break-all font-mono">
            {entry.isSensitive ? (
              <span className="text-muted">{t('sensitive')}</span>
            ) : entry.value === null || entry.value === '' ? (
              <span className="text-muted">{t('empty')}</span>
            ) : (
              entry.value
            )}
            {human !== null && <span className="font-sans text-muted"> {human}</span>}
          </div>
          <div className="flex flex-wrap items-center gap-x-2 text-meta text-muted">
            {entry.isOverridden ? <Badge>{t('changedHere')}</Badge> : t(`origin.${entry.origin}`)}
            {entry.isOverridden && entry.inherited !== null && (
              <span className="break-all">
                {t('else', { value: entry.inherited.value ?? '', origin: t(`origin.${entry.inherited.origin}`) })}
              </span>
            )}
          </div>
        </div>
        <div className="flex gap-1">
          {entry.isOverridden && (
            <IconButton
              small
              label={t('reset', { name: entry.name })}
              busy={busy}
              disabledReason={fixed}
              onClick={reset}
            >
              <RotateCcw size={14} strokeWidth={1.75} />
            </IconButton>
          )}
          <IconButton
            small
            label={t('edit', { name: entry.name })}
            disabledReason={fixed}
            aria-expanded={editing}
            onClick={() => setEditing(!editing)}
          >
            <Pencil size={14} strokeWidth={1.75} />
          </IconButton>
        </div>
      </div>
      {error !== null && <ErrorState className="mt-2" error={error} retry={reset} busy={busy} />}
      {editing && <ConfigForm {...props} onDone={() => setEditing(false)} />}
    </li>
  )
}
