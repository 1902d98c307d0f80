'use client'
import { useMutation } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useShell } from '../../components/frame/shell.tsx'
import { Button, IconButton } from '../../components/ui/button.tsx'
import { CommandLine } from '../../components/ui/command-line.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Field, Input } from '../../components/ui/field.tsx'
import { Select } from '../../components/ui/select.tsx'
import { href } from '../../lib/href.ts'
import { odradekCommand } from '../../lib/shell-command.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { type FullMessage, placeText } from './outputs.ts'
import { draftOf, type PayloadDraft, PayloadField } from './payload-field.tsx'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
type Codec = (typeof codecs)[number]

interface HeaderDraft {
  readonly id: number
  readonly key: string
  readonly value: PayloadDraft
}

/** Writes a message, from nothing or from another one. Stays open, so that the next one is written from the last. */
export function ProduceDialog(props: {
  cluster: string
  topic: string
  partitions: number | undefined
  from?: FullMessage
  onClose(): void
}) {
  const { cluster, topic, from, onClose } = props
  const t = useTranslations('messages')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const { bootstrap } = useShell()
  const [key, setKey] = useState<PayloadDraft>(() => draftOf(from?.key, 'text'))
  const [value, setValue] = useState<PayloadDraft>(() => draftOf(from?.value, 'json'))
  const [headers, setHeaders] = useState<readonly HeaderDraft[]>(() =>
    (from?.headers ?? []).map((header, id) => ({ id, key: header.key, value: draftOf(header.value, 'text') })),
  )
  const [partition, setPartition] = useState('')
  const [codec, setCodec] = useState<Codec>('none')
  const produce = useMutation(trpc.messages.produce.mutationOptions())
  const partitionWrong = partition !== '' && !/^\d{1,7}$/.test(partition)
  const submit = () => {
    if (partitionWrong || produce.isPending) return
    produce.mutate({
      cluster,
      topic,
      key,
      value,
      headers: headers.map((header) => ({ key: header.key, value: header.value })),
      codec,
      ...(partition !== '' && { partition: Number(partition) }),
    })
  }
  const setHeader = (id: number, change: Partial<HeaderDraft>) =>
    setHeaders((all) => all.map((header) => (header.id === id ? { ...header, ...change } : header)))
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t('produce.title', { topic })}
      {...(from && { description: t('produce.from', { place: placeText(from) }) })}
      footer={
        <>
          {produce.data !== undefined && (
            <span role="status" className="mr-auto">
              {t('produce.done')}{' '}
              <Link
                href={href.record(cluster, topic, produce.data.partition, produce.data.offset)}
                prefetch={false}
                className="font-mono text-accent hover:underline"
              >
                {placeText(produce.data)}
              </Link>
            </span>
          )}
          <Button onClick={onClose}>{frame('close')}</Button>
          <Button kind="primary" busy={produce.isPending} onClick={submit}>
            {t('produce.act')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <PayloadField label={t('column.key')} payload={key} onChange={setKey} rows={1} />
        <PayloadField label={t('column.value')} payload={value} onChange={setValue} rows={10} />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 font-strong">{t('column.headers')}</legend>
          {headers.map((header) => (
            <div key={header.id} className="flex items-center gap-2">
              <Input
                mono
                aria-label={t('produce.headerName')}
                placeholder={t('produce.headerName')}
                value={header.key}
                onChange={(event) => setHeader(header.id, { key: event.target.value })}
                className="!w-1/3"
              />
              <Input
                mono
                aria-label={t('produce.headerValue')}
                placeholder={header.value.format === 'null' ? t('kind.null') : t('produce.headerValue')}
                readOnly={header.value.format === 'null'}
                value={header.value.text}
                onChange={(event) => setHeader(header.id, { value: { ...header.value, text: event.target.value } })}
              />
              <IconButton
                label={t('produce.removeHeader', { name: header.key })}
                onClick={() => setHeaders((all) => all.filter(({ id }) => id !== header.id))}
              >
                <X size={16} strokeWidth={1.75} />
              </IconButton>
            </div>
          ))}
          <div>
            <Button
              small
              onClick={() =>
                setHeaders((all) => [
                  ...all,
                  { id: Math.max(-1, ...all.map(({ id }) => id)) + 1, key: '', value: { format: 'text', text: '' } },
                ])
              }
            >
              <Plus size={14} strokeWidth={1.75} aria-hidden />
              {t('produce.addHeader')}
            </Button>
          </div>
        </fieldset>
        <div className="flex flex-wrap gap-4">
          <Field
            label={t('column.partition')}
            hint={t('produce.partitionHint')}
            {...(partitionWrong && { error: t('produce.partitionWrong') })}
            className="w-64"
          >
            {(control) => (
              <Input {...control} mono value={partition} onChange={(event) => setPartition(event.target.value)} />
            )}
          </Field>
          <Field label={t('metadata.codec')}>
            {({ id }) => (
              <Select
                id={id}
                label={t('metadata.codec')}
                value={codec}
                onChange={setCodec}
                options={codecs.map((name) => ({ value: name, label: name }))}
              />
            )}
          </Field>
        </div>
        {produce.error !== null && <ErrorState error={produce.error} retry={submit} busy={produce.isPending} />}
        <details>
          <summary className="text-meta text-muted">{frame('equivalent')}</summary>
          <div className="mt-2">
            <CommandLine
              label={frame('equivalent')}
              command={commandOf(bootstrap, topic, partition, key, value, headers)}
            />
          </div>
        </details>
      </div>
    </Dialog>
  )
}

function commandOf(
  bootstrap: readonly string[],
  topic: string,
  partition: string,
  key: PayloadDraft,
  value: PayloadDraft,
  headers: readonly HeaderDraft[],
): string {
  const flag = (name: string, payload: PayloadDraft): string[] =>
    payload.format === 'null'
      ? []
      : [`--${name}`, payload.text, ...(payload.format === 'text' ? [] : [`--${name}-format`, payload.format])]
  return odradekCommand(
    bootstrap,
    'messages',
    'produce',
    topic,
    ...(partition === '' ? [] : ['--partition', partition]),
    ...flag('key', key),
    ...flag('value', value),
    ...headers.flatMap((header) => ['--header', `${header.key}=${header.value.text}`]),
  )
}
