'use client'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '../../../components/ui/button.tsx'
import { Field, Input } from '../../../components/ui/field.tsx'
import { Select } from '../../../components/ui/select.tsx'
import { parseTime, shownAgain, timeText } from '../../../lib/times.ts'
import { useZone } from '../../../lib/zone.tsx'
import { targetKinds } from './reset-query.ts'
import type { Asked } from './reset-target.ts'

const PRESETS = ['15m ago', '1h ago', '6h ago', '24h ago', '3d ago'] as const

/** Where to: what is asked, as the URL keeps it. */
export function TargetForm(props: { asked: Asked; onChange(change: Partial<Asked>): void; now: number }) {
  const { asked, onChange, now } = props
  const t = useTranslations('groups')
  return (
    <div className="flex flex-col gap-3">
      <Field label={t('reset.target')}>
        {(field) => (
          <Select
            id={field.id}
            label={t('reset.target')}
            value={asked.to}
            onChange={(to) => onChange({ to })}
            options={targetKinds
              .filter((kind) => kind !== 'undo' || asked.undo !== '')
              .map((value) => ({ value, label: t(`reset.kind.${value}`) }))}
          />
        )}
      </Field>
      {asked.to === 'time' && <TimeField value={asked.at} onChange={(at) => onChange({ at })} now={now} />}
      {asked.to === 'offset' && (
        <WholeField
          label={t('reset.offset')}
          hint={t('reset.offsetHint')}
          value={asked.offset}
          onChange={(offset) => onChange({ offset })}
        />
      )}
      {asked.to === 'shift' && (
        <WholeField
          label={t('reset.by')}
          hint={t('reset.byHint')}
          value={asked.by}
          onChange={(by) => onChange({ by })}
          signed
        />
      )}
      {asked.to === 'group' && (
        <Field label={t('reset.from')} hint={t('reset.fromHint')}>
          {(field) => (
            <Input {...field} mono value={asked.from} onChange={(event) => onChange({ from: event.target.value })} />
          )}
        </Field>
      )}
      {asked.to === 'undo' && <p className="break-all font-mono text-meta text-muted">{asked.undo}</p>}
    </div>
  )
}

function TimeField(props: { value: string; onChange(value: string): void; now: number }) {
  const { value, onChange, now } = props
  const t = useTranslations('groups')
  const zone = useZone()
  const at = parseTime(value, zone, now)
  const again = at === null ? null : shownAgain(at, zone)
  const isWallTime = /^\d{4}-(?!.*(?:Z|[+-]\d\d:?\d\d)$)/i.test(value.trim())
  return (
    <>
      <Field
        label={t('reset.time')}
        hint={at === null ? t('reset.timeHint') : `${timeText(at, zone, 'ms')} · ${timeText(at, 'UTC', 'ms')} UTC`}
        error={value !== '' && at === null ? t('reset.timeWrong') : undefined}
      >
        {(field) => (
          <Input
            {...field}
            mono
            value={value}
            placeholder="2026-11-23 14:00 · 2h ago"
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </Field>
      {again !== null && isWallTime && (
        <p role="status" className="text-attention text-meta">
          {t('reset.timeTwice', { again: timeText(again, 'UTC', 'ms') })}
        </p>
      )}
      <div className="flex flex-wrap gap-1">
        {PRESETS.map((preset) => (
          <Button key={preset} small onClick={() => onChange(preset)}>
            {t(`reset.preset.${preset.replace(' ago', '') as '15m'}`)}
          </Button>
        ))}
      </div>
    </>
  )
}

/** A whole number; what is typed on the way to one is kept until it is one. */
function WholeField(props: {
  label: string
  hint: string
  value: number | null
  onChange(value: number | null): void
  signed?: boolean
}) {
  const { label, hint, value, onChange, signed = false } = props
  const [typed, setTyped] = useState(value === null ? '' : String(value))
  const change = (text: string) => {
    setTyped(text)
    const isWhole = (signed ? /^[+-]?\d{1,15}$/ : /^\d{1,15}$/).test(text.trim())
    onChange(isWhole ? Number(text) : null)
  }
  return (
    <Field label={label} hint={hint}>
      {(field) => (
        <Input
          {...field}
          mono
          inputMode={signed ? 'text' : 'numeric'}
          value={typed}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  )
}
