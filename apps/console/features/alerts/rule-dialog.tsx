'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { type FormEvent, useId, useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Checkbox, Field, Input } from '../../components/ui/field.tsx'
import { Select } from '../../components/ui/select.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { useTRPC } from '../../lib/trpc.tsx'
import { useOneAtATime } from '../../lib/use-one-at-a-time.ts'
import type { AlertKind, AlertRule } from './outputs.ts'
import { useAlertsChanged } from './use-alerts.ts'

const kinds = ['lag', 'deadLetters', 'waiting', 'disk', 'leaderless'] as const satisfies readonly AlertKind[]
const thresholds: Readonly<Record<AlertKind, number>> = {
  lag: 10_000,
  deadLetters: 1,
  waiting: 100_000,
  disk: 85,
  leaderless: 1,
}
const MINUTE_MS = 60_000
const MINUTES_MAX = 1_440
const WINDOW_MINUTES_MAX = 43_200

/** A new rule, or another content of one. An address that is kept is never shown again: only where it leads. */
export function RuleDialog({ cluster, rule, onClose }: { cluster: string; rule?: AlertRule; onClose(): void }) {
  const t = useTranslations('alerts')
  const reasonWords = useReasonWords()
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const toast = useToast()
  const changed = useAlertsChanged()
  const form = useId()
  const once = useOneAtATime()
  const [name, setName] = useState(rule?.name ?? '')
  const [kind, setKind] = useState<AlertKind>(rule?.kind ?? 'lag')
  const [scope, setScope] = useState(rule?.scope ?? '')
  const [threshold, setThreshold] = useState(String(rule?.threshold ?? thresholds.lag))
  const [forMinutes, setForMinutes] = useState(String((rule?.forMs ?? 0) / MINUTE_MS))
  const [windowMinutes, setWindowMinutes] = useState(String((rule?.windowMs ?? 60 * MINUTE_MS) / MINUTE_MS))
  const [isEnabled, setEnabled] = useState(rule?.isEnabled ?? true)
  const [target, setTarget] = useState<'keep' | 'none' | 'new'>(rule?.webhook == null ? 'none' : 'keep')
  const [url, setUrl] = useState('')
  const [secret, setSecret] = useState('')
  const save = useMutation(
    trpc.alerts.save.mutationOptions({
      onSuccess: async (saved) => {
        await changed()
        toast({ text: t('saved', { name: saved.name }) })
        onClose()
      },
    }),
  )
  const test = useMutation(trpc.alerts.test.mutationOptions())
  const webhook = { url: url.trim(), secret: secret === '' ? null : secret }
  const value = Number(threshold)
  const problems = {
    name: name.trim() === '' ? t('problem.name') : undefined,
    threshold: !(value > 0) || (kind === 'disk' && value > 100) ? t('problem.threshold') : undefined,
    for: isWithin(forMinutes, 0, MINUTES_MAX) ? undefined : t('problem.minutes', { max: MINUTES_MAX }),
    window:
      kind !== 'deadLetters' || isWithin(windowMinutes, 1, WINDOW_MINUTES_MAX)
        ? undefined
        : t('problem.minutes', { max: WINDOW_MINUTES_MAX }),
    url: target === 'new' && !/^https?:\/\/./i.test(webhook.url) ? t('problem.url') : undefined,
  }
  const problem = Object.values(problems).find((text) => text !== undefined)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (problem !== undefined) return
    once(() =>
      save.mutateAsync({
        cluster,
        ...(rule !== undefined && { id: rule.id }),
        name,
        kind,
        scope: scope.trim(),
        threshold: value,
        forMs: Math.round(Number(forMinutes) * MINUTE_MS),
        windowMs: Math.round((kind === 'deadLetters' ? Number(windowMinutes) : 60) * MINUTE_MS),
        isEnabled,
        ...(target === 'none' && { webhook: null }),
        ...(target === 'new' && { webhook }),
      }),
    )
  }
  const choose = (next: AlertKind) => {
    // What nobody has changed follows the kind.
    if (threshold === String(thresholds[kind])) setThreshold(String(thresholds[next]))
    setKind(next)
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={rule === undefined ? t('newRule') : t('editOf', { name: rule.name })}
      description={t(`about.${kind}`)}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button kind="primary" type="submit" form={form} busy={save.isPending} disabledReason={problem}>
            {t('save')}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-3 pb-2">
        <Field label={t('column.name')}>
          {(field) => (
            <Input {...field} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          <Field label={t('column.kind')}>
            {(field) => (
              <Select<AlertKind>
                id={field.id}
                label={t('column.kind')}
                value={kind}
                onChange={choose}
                options={kinds.map((one) => ({ value: one, label: t(`kind.${one}`) }))}
              />
            )}
          </Field>
          <Field label={t('threshold', { unit: t(`unit.${kind}`) })} error={problems.threshold}>
            {(field) => (
              <Input
                {...field}
                inputMode="decimal"
                value={threshold}
                onChange={(event) => setThreshold(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field label={t(`scope.${kind}`)} hint={t('scopeHint')}>
          {(field) => (
            <Input {...field} mono placeholder="*" value={scope} onChange={(event) => setScope(event.target.value)} />
          )}
        </Field>
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          <Field label={t('forMinutes')} hint={t('column.forTip')} error={problems.for}>
            {(field) => (
              <Input
                {...field}
                inputMode="decimal"
                value={forMinutes}
                onChange={(event) => setForMinutes(event.target.value)}
              />
            )}
          </Field>
          {kind === 'deadLetters' && (
            <Field label={t('windowMinutes')} error={problems.window}>
              {(field) => (
                <Input
                  {...field}
                  inputMode="decimal"
                  value={windowMinutes}
                  onChange={(event) => setWindowMinutes(event.target.value)}
                />
              )}
            </Field>
          )}
        </div>
        <Field label={t('column.webhook')} hint={target === 'new' ? undefined : t('webhookHint')}>
          {(field) => (
            <Select<'keep' | 'none' | 'new'>
              id={field.id}
              label={t('column.webhook')}
              value={target}
              onChange={setTarget}
              options={[
                ...(rule?.webhook == null
                  ? []
                  : [{ value: 'keep' as const, label: t('target.keep', { shown: rule.webhook.shown }) }]),
                { value: 'none', label: t('target.none') },
                { value: 'new', label: t('target.new') },
              ]}
            />
          )}
        </Field>
        {target === 'new' && (
          <>
            <Field label={t('url')} hint={t('urlHint')} error={url === '' ? undefined : problems.url}>
              {(field) => (
                <Input
                  {...field}
                  mono
                  inputMode="url"
                  placeholder="https://hooks.example.org/…"
                  value={url}
                  onChange={(event) => setUrl(event.target.value)}
                />
              )}
            </Field>
            <Field label={t('secret')} hint={t('secretHint')}>
              {(field) => (
                <Input
                  {...field}
                  mono
                  type="password"
                  autoComplete="new-password"
                  value={secret}
                  onChange={(event) => setSecret(event.target.value)}
                />
              )}
            </Field>
            <div className="flex flex-wrap items-center gap-3">
              <Button
                small
                busy={test.isPending}
                disabledReason={problems.url}
                onClick={() => once(() => test.mutateAsync({ cluster, ...webhook }))}
              >
                {t('test.now')}
              </Button>
              {test.data !== undefined && (
                <span role="status" className={test.data.error === null ? 'text-muted' : 'text-wrong'}>
                  {test.data.error === null
                    ? t('test.done', { status: test.data.status ?? 0 })
                    : t('test.failed', { error: reasonWords(test.data.error) })}
                </span>
              )}
            </div>
            {test.error !== null && <ErrorState error={test.error} />}
          </>
        )}
        <Checkbox checked={isEnabled} onChange={setEnabled}>
          {t('enabled')}
        </Checkbox>
        {save.error !== null && <ErrorState error={save.error} />}
      </form>
    </Dialog>
  )
}

function isWithin(text: string, min: number, max: number): boolean {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  return value >= min && value <= max
}
