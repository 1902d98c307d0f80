'use client'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Copy } from '../../components/ui/copy.tsx'
import { Bytes, Exact } from '../../components/ui/number.tsx'
import { Tabs } from '../../components/ui/tabs.tsx'
import { Time } from '../../components/ui/time.tsx'
import { Delivery } from './delivery.tsx'
import type { Condition } from './message-query.ts'
import type { FullMessage } from './outputs.ts'
import { PayloadPane } from './payload-pane.tsx'

type Tab = 'value' | 'key' | 'headers' | 'metadata' | 'delivery'

/** A message in full, in tabs. */
export function MessageView(props: {
  cluster: string
  message: FullMessage
  onLoadAll?(): void
  onFilter?(condition: Condition): void
}) {
  const { cluster, message, ...acts } = props
  const t = useTranslations('messages')
  const [tab, setTab] = useState<Tab>('value')
  return (
    <Tabs<Tab>
      label={t('parts')}
      value={tab}
      onChange={setTab}
      tabs={[
        { value: 'value', label: t('column.value') },
        { value: 'key', label: t('column.key') },
        { value: 'headers', label: `${t('column.headers')} ${message.headers.length}` },
        { value: 'metadata', label: t('metadata.label') },
        { value: 'delivery', label: t('delivery.label') },
      ]}
    >
      {tab === 'value' && <PayloadPane root="value" label={t('column.value')} payload={message.value} {...acts} />}
      {tab === 'key' && <PayloadPane root="key" label={t('column.key')} payload={message.key} {...acts} />}
      {tab === 'headers' && <Headers message={message} />}
      {tab === 'metadata' && <Metadata message={message} />}
      {tab === 'delivery' && (
        <Delivery
          cluster={cluster}
          topic={message.topic}
          partition={message.partition}
          offset={message.offset}
          timestamp={message.timestamp}
        />
      )}
    </Tabs>
  )
}

/** The headers of a message, each with its name. */
export function Headers({ message }: { message: FullMessage }) {
  const t = useTranslations('messages')
  if (message.headers.length === 0) return <p className="px-4 py-6 text-muted">{t('about.noHeaders')}</p>
  return (
    <dl className="flex flex-col overflow-y-auto">
      {message.headers.map(({ key, value }, index) => (
        <div key={index} className="group flex items-start gap-3 border-b px-4 py-1.5">
          <dt className="w-40 shrink-0 break-all font-mono text-meta text-muted">{key}</dt>
          <dd className="min-w-0 flex-1 whitespace-pre-wrap break-all font-mono text-meta">
            {value.kind === 'null' || value.kind === 'empty' ? (
              <span className="text-muted">{t(`kind.${value.kind}`)}</span>
            ) : (
              value.text
            )}
          </dd>
          <Copy text={value.text} />
        </div>
      ))}
    </dl>
  )
}

/** Where it is, when it came, in which batch. */
export function Metadata({ message }: { message: FullMessage }) {
  const t = useTranslations('messages')
  const { batch } = message
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    [
      t('metadata.topic'),
      <span key="topic" className="break-all font-mono">
        {message.topic}
      </span>,
    ],
    [t('column.partition'), <Exact key="partition" value={message.partition} />],
    [t('column.offset'), <Exact key="offset" value={message.offset} />],
    [t('column.time'), <Time key="time" at={message.timestamp} form="ms" />],
    [t('metadata.timestampType'), t(`metadata.${message.timestampType}`)],
    [t('metadata.keySize'), <Bytes key="key" value={message.key.sizeInBytes} />],
    [t('metadata.valueSize'), <Bytes key="value" value={message.value.sizeInBytes} />],
    [t('metadata.batch'), t('metadata.batchAbout', { offset: batch.baseOffset, count: batch.records })],
    [t('metadata.batchSize'), <Bytes key="size" value={batch.sizeInBytes} />],
    [t('metadata.codec'), batch.codec],
    [
      t('metadata.producer'),
      batch.producerId < 0
        ? t('metadata.noProducer')
        : t('metadata.producerAbout', {
            id: batch.producerId,
            epoch: batch.producerEpoch,
            sequence: batch.baseSequence,
          }),
    ],
    [t('metadata.transactional'), t(`metadata.${batch.isTransactional ? 'yes' : 'no'}`)],
    [t('metadata.leaderEpoch'), <Exact key="epoch" value={batch.leaderEpoch} />],
  ]
  return (
    <dl className="overflow-y-auto py-2">
      {rows.map(([label, value]) => (
        <div key={label} className="flex gap-3 px-4 py-1">
          <dt className="w-40 shrink-0 text-muted">{label}</dt>
          <dd className="min-w-0 flex-1 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
