'use client'
import { useTranslations } from 'next-intl'
import { TextArea } from '../../components/ui/field.tsx'
import { Select } from '../../components/ui/select.tsx'
import type { FullPayload } from './outputs.ts'

export const payloadFormats = ['text', 'json', 'hex', 'base64', 'null'] as const
export type PayloadFormat = (typeof payloadFormats)[number]

/** A payload as it is typed in. */
export interface PayloadDraft {
  readonly format: PayloadFormat
  readonly text: string
}

/** A payload to write, and the format that it is written in. */
export function PayloadField(props: {
  label: string
  payload: PayloadDraft
  rows: number
  onChange(payload: PayloadDraft): void
}) {
  const { label, payload, rows, onChange } = props
  const t = useTranslations('messages')
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <span className="font-strong">{label}</span>
        <Select
          label={t('produce.format', { part: label })}
          value={payload.format}
          onChange={(format) => onChange({ ...payload, format })}
          options={payloadFormats.map((format) => ({
            value: format,
            label: format === 'null' ? t('kind.null') : format,
          }))}
        />
      </div>
      {payload.format === 'null' ? (
        <p className="text-meta text-muted">{t('produce.nullAbout')}</p>
      ) : (
        <TextArea
          aria-label={label}
          rows={rows}
          value={payload.text}
          onChange={(event) => onChange({ ...payload, text: event.target.value })}
          className={rows === 1 ? '!min-h-8' : undefined}
        />
      )}
    </div>
  )
}

/** What a payload is written again from: its own text where that is what its bytes say, else the bytes. */
export function draftOf(payload: FullPayload | undefined, otherwise: PayloadFormat): PayloadDraft {
  if (payload === undefined) return { format: otherwise, text: otherwise === 'json' ? '{\n  \n}' : '' }
  if (payload.kind === 'null') return { format: 'null', text: '' }
  if (payload.kind === 'empty') return { format: 'text', text: '' }
  if (payload.kind === 'text') return { format: 'text', text: payload.text }
  if (payload.kind === 'json' && payload.schema === null) return { format: 'json', text: payload.text }
  return { format: 'base64', text: payload.base64 }
}
