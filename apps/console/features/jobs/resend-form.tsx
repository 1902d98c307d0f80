'use client'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useState } from 'react'
import { Checkbox, Field, Input } from '../../components/ui/field.tsx'
import { Select } from '../../components/ui/select.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { isNarrowed } from '../dead-letters/letter-query.ts'
import { type ResendQuery, targetKinds } from './resend-query.ts'

/** The question: which letters, where to, how fast, and what ends it early. */
export function ResendForm(props: { query: ResendQuery; onChange(change: Partial<ResendQuery>): void }) {
  const { query, onChange } = props
  const t = useTranslations('jobs')
  return (
    <>
      <section className="flex flex-col gap-1">
        <h2 className="font-strong">{t('form.which')}</h2>
        <p className="break-words">
          <Which query={query} />
        </p>
        <Checkbox checked={query.again} onChange={(again) => onChange({ again })}>
          {t('form.again')}
        </Checkbox>
      </section>
      <Field label={t('form.to')}>
        {({ id }) => (
          <Select
            id={id}
            label={t('form.to')}
            value={query.to}
            onChange={(to) => onChange({ to })}
            options={targetKinds.map((value) => ({ value, label: t(`target.${value}`) }))}
          />
        )}
      </Field>
      {query.to === 'topic' && (
        <Field label={t('form.topic')}>
          {(control) => (
            <Input
              {...control}
              mono
              value={query.topic}
              onChange={(event) => onChange({ topic: event.target.value })}
            />
          )}
        </Field>
      )}
      <Rule on={query.rate !== null} onSwitch={(on) => onChange({ rate: on ? 100 : null })} label={t('form.rate')}>
        <NumberField label={t('form.perSecond')} value={query.rate ?? 100} onChange={(rate) => onChange({ rate })} />
      </Rule>
      <Rule
        on={query.canary !== null}
        onSwitch={(on) => onChange({ canary: on ? 10 : null })}
        label={t('form.canary')}
        about={t('form.canaryAbout')}
      >
        <NumberField label={t('form.first')} value={query.canary ?? 10} onChange={(canary) => onChange({ canary })} />
        <NumberField label={t('form.wait')} value={query.wait} onChange={(wait) => onChange({ wait })} />
        <NumberField label={t('form.back')} value={query.back} onChange={(back) => onChange({ back })} />
      </Rule>
      <Rule
        on={query.stop !== null}
        onSwitch={(on) => onChange({ stop: on ? 10 : null })}
        label={t('form.stop')}
        about={t('form.stopAbout')}
      >
        <NumberField label={t('form.percent')} value={query.stop ?? 10} onChange={(stop) => onChange({ stop })} />
        <NumberField label={t('form.after')} value={query.after} onChange={(after) => onChange({ after })} />
      </Rule>
    </>
  )
}

function Which({ query }: { query: ResendQuery }) {
  const t = useTranslations('jobs')
  if (query.failedOf !== null) return t('form.failedOf')
  if (query.places !== null) return t('form.places', { count: exactNumber(query.places.length) })
  return t(isNarrowed({ ...query, at: null, resume: null, n: 0 }) ? 'form.matching' : 'form.everything')
}

/** A rule that holds only where it is switched on. */
function Rule(props: { label: string; about?: string; on: boolean; onSwitch(on: boolean): void; children: ReactNode }) {
  const { label, about, on, onSwitch, children } = props
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="contents">
        <Checkbox checked={on} onChange={onSwitch}>
          <span className="font-strong">{label}</span>
        </Checkbox>
      </legend>
      {about !== undefined && <p className="text-meta text-muted">{about}</p>}
      {on && <div className="flex flex-wrap gap-3">{children}</div>}
    </fieldset>
  )
}

/** A number that takes effect when one leaves it or presses Enter. */
function NumberField(props: { label: string; value: number; onChange(value: number): void }) {
  const { label, value, onChange } = props
  const [draft, setDraft] = useState(String(value))
  useEffect(() => setDraft(String(value)), [value])
  const commit = () => {
    const number = Number(draft)
    if (draft.trim() !== '' && Number.isFinite(number) && number >= 0) onChange(number)
    else setDraft(String(value))
  }
  return (
    <Field label={<span className="font-regular">{label}</span>} className="w-32">
      {(control) => (
        <Input
          {...control}
          inputMode="decimal"
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
