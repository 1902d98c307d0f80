'use client'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Badge } from '../../components/ui/badge.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { exactNumber } from '../../lib/numbers.ts'
import type { FullMessage } from '../messages/outputs.ts'
import { PayloadPane } from '../messages/payload-pane.tsx'
import { originText } from './letter-columns.tsx'
import type { LetterMeaning, OriginalRecord } from './outputs.ts'

const DiffView = dynamic(() => import('./diff-view.tsx'), { ssr: false })

/** The record that the letter was made from, where it was read first; what differs, where something does. */
export function Original(props: {
  cluster: string
  message: FullMessage
  meaning: LetterMeaning
  original: OriginalRecord | null
}) {
  const { cluster, message, meaning, original } = props
  const t = useTranslations('deadLetters')
  const words = useTranslations('messages')
  const { origin } = meaning
  if (origin === null) return <p className="px-4 py-6 text-muted">{t('original.unknown')}</p>
  const link =
    origin.partition < 0 || origin.offset < 0
      ? href.topic(cluster, origin.topic)
      : href.record(cluster, origin.topic, origin.partition, origin.offset)
  const head = (
    <p className="flex flex-wrap items-center gap-2 px-4 py-2">
      <Link href={link} prefetch={false} className="break-all font-mono text-accent hover:underline">
        {originText(origin)}
      </Link>
      {origin.timestampMs >= 0 && <Time at={origin.timestampMs} form="ms" />}
    </p>
  )
  if (original === null || original.message === null) {
    const why =
      original === null
        ? t('original.noOffset')
        : original.missing === null
          ? (original.failure ?? '')
          : words(`gap.${original.missing}`, { offset: exactNumber(original.offset) })
    return (
      <>
        {head}
        <p className="px-4 py-2 text-muted">{t('original.gone', { why })}</p>
      </>
    )
  }
  const { isSameKey, isSameValue, message: record } = original
  if (meaning.isReference) {
    return (
      <>
        {head}
        <p className="px-4 pb-2 text-muted">{t('original.reference')}</p>
        <PayloadPane root="value" label={words('column.value')} payload={record.value} />
      </>
    )
  }
  return (
    <>
      {head}
      <p className="flex flex-wrap gap-2 px-4 pb-2">
        <SameBadge part={words('column.key')} isSame={isSameKey} />
        <SameBadge part={words('column.value')} isSame={isSameValue} />
      </p>
      {isSameValue === false ? (
        <DiffView
          label={t('original.diff')}
          before={record.value.text}
          after={message.value.text}
          beforeLabel={t('original.before')}
          afterLabel={t('original.after')}
        />
      ) : (
        <PayloadPane root="value" label={words('column.value')} payload={record.value} />
      )}
    </>
  )
}

function SameBadge({ part, isSame }: { part: string; isSame: boolean | null }) {
  const t = useTranslations('deadLetters')
  if (isSame === null) return <Badge state="unknown">{t('original.untold', { part })}</Badge>
  return (
    <Badge state={isSame ? 'good' : 'attention'}>{t(isSame ? 'original.same' : 'original.differs', { part })}</Badge>
  )
}
