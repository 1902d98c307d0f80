'use client'
import { useMutation } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useId, useState } from 'react'
import { useForbidden, useShell } from '../../../components/frame/shell.tsx'
import { Button, IconButton } from '../../../components/ui/button.tsx'
import { CommandLine } from '../../../components/ui/command-line.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { Field, Input } from '../../../components/ui/field.tsx'
import { href } from '../../../lib/href.ts'
import { odradekCommand } from '../../../lib/shell-command.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useTopicsChanged } from './use-topics-changed.ts'

/** The first configs that people set; any other can be typed. */
const known = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'flush.mode',
  'min.insync.replicas',
  'max.message.bytes',
  'compression.type',
]

interface Setting {
  readonly id: number
  readonly name: string
  readonly value: string
}

/** A new topic. What is left empty is the broker's default, and the broker's own words say what it does not accept. */
export function CreateTopic({ cluster, onClose }: { cluster: string; onClose(): void }) {
  const t = useTranslations('topics')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const router = useRouter()
  const { bootstrap } = useShell()
  const changed = useTopicsChanged()
  const forbidden = useForbidden('operate', 'createTopics')
  const form = useId()
  const [name, setName] = useState('')
  const [partitions, setPartitions] = useState('')
  const [replicas, setReplicas] = useState('')
  const [settings, setSettings] = useState<readonly Setting[]>([])
  const create = useMutation(
    trpc.topics.create.mutationOptions({
      onSuccess: async ({ name: created }) => {
        // Going there ends this page, and the dialog with it; taking `create` out of the address first would cancel it.
        router.push(href.topic(cluster, created, 'partitions'))
        await changed()
      },
    }),
  )
  const counts = [partitions, replicas].map((text) => (text.trim() === '' ? undefined : Number(text)))
  const wrongCount = counts.some((count) => count !== undefined && !(Number.isInteger(count) && count >= 1))
  const reason = forbidden ?? (name === '' ? t('new.nameFirst') : wrongCount ? t('new.countWrong') : undefined)
  const configs = Object.fromEntries(
    settings.filter((setting) => setting.name.trim() !== '').map((setting) => [setting.name.trim(), setting.value]),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (reason !== undefined || create.isPending) return
    create.mutate({ cluster, topic: name, partitions: counts[0], replicationFactor: counts[1], configs })
  }
  const change = (id: number, part: Partial<Setting>) =>
    setSettings(settings.map((setting) => (setting.id === id ? { ...setting, ...part } : setting)))
  const words = [
    ...(counts[0] === undefined ? [] : ['--partitions', String(counts[0])]),
    ...(counts[1] === undefined ? [] : ['--replicas', String(counts[1])]),
    ...Object.entries(configs).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ]
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('create')}
      description={t('new.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="primary"
            type="submit"
            form={form}
            busy={create.isPending}
            disabledReason={reason}
            onClick={submit}
          >
            {t('create')}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-3 pb-2">
        <Field label={t('new.name')} hint={t('new.nameHint')}>
          {(field) => (
            <Input {...field} mono autoFocus value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <div className="grid grid-cols-2 gap-3">
          <Field label={t('column.partitions')} hint={t('new.default')}>
            {(field) => (
              <Input
                {...field}
                inputMode="numeric"
                value={partitions}
                onChange={(event) => setPartitions(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('column.replicationFactor')} hint={t('new.default')}>
            {(field) => (
              <Input
                {...field}
                inputMode="numeric"
                value={replicas}
                onChange={(event) => setReplicas(event.target.value)}
              />
            )}
          </Field>
        </div>
        <div className="flex flex-col gap-2">
          <div className="font-strong">{t('tab.configuration')}</div>
          <datalist id={`${form}-known`}>
            {known.map((key) => (
              <option key={key} value={key} />
            ))}
          </datalist>
          {settings.map((setting) => (
            <div key={setting.id} className="flex items-center gap-2">
              <Input
                mono
                list={`${form}-known`}
                aria-label={t('new.key')}
                placeholder={t('new.key')}
                value={setting.name}
                onChange={(event) => change(setting.id, { name: event.target.value })}
              />
              <Input
                mono
                aria-label={t('new.value')}
                placeholder={t('new.value')}
                value={setting.value}
                onChange={(event) => change(setting.id, { value: event.target.value })}
              />
              <IconButton
                label={t('new.remove')}
                onClick={() => setSettings(settings.filter(({ id }) => id !== setting.id))}
              >
                <X size={14} strokeWidth={1.75} />
              </IconButton>
            </div>
          ))}
          <Button
            small
            className="self-start"
            onClick={() => setSettings([...settings, { id: performance.now(), name: '', value: '' }])}
          >
            <Plus size={14} strokeWidth={1.75} aria-hidden />
            {t('new.add')}
          </Button>
        </div>
        <CommandLine
          label={frame('equivalent')}
          command={odradekCommand(bootstrap, 'topics', 'create', name === '' ? 'NAME' : name, ...words)}
        />
        {create.error !== null && <ErrorState error={create.error} />}
      </form>
    </Dialog>
  )
}
