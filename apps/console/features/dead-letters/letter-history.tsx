'use client'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ButtonLink } from '../../components/ui/button.tsx'
import { Time } from '../../components/ui/time.tsx'
import { href } from '../../lib/href.ts'
import { useLetterReason } from '../jobs/use-letter-reason.ts'
import type { LetterSpot } from './letter-found.tsx'
import type { LetterDetail, LetterMeaning } from './outputs.ts'

/** What was done about the letter, oldest first, and whether it is itself one that was sent again. */
export function LetterHistory(props: { place: LetterSpot; history: LetterDetail['history']; meaning: LetterMeaning }) {
  const { place, history, meaning } = props
  const { cluster, topic, partition, offset } = place
  const t = useTranslations('deadLetters')
  const jobs = useTranslations('jobs')
  const letterReason = useLetterReason()
  const { redrive } = meaning
  const who = (by: string) => (by === 'open' ? jobs('unnamed') : by)
  const isUntouched = history.length === 0 && redrive === null
  return (
    <ul className="overflow-y-auto">
      <li className="flex flex-wrap items-center gap-3 px-4 py-2">
        {isUntouched && <span className="text-muted">{t('history.none')}</span>}
        <ButtonLink small href={href.life(cluster, topic, partition, offset)}>
          {t('history.life')}
        </ButtonLink>
      </li>
      {redrive !== null && (
        <li className="border-b px-4 py-2">
          {t('history.redriven', { from: redrive.from ?? '—', by: who(redrive.by ?? '—') })}{' '}
          {redrive.job !== null && <JobLink cluster={cluster} job={redrive.job} />}
        </li>
      )}
      {history.map((event, at) => (
        <li key={`${event.atMs} ${at}`} className="flex flex-wrap items-baseline gap-x-3 border-b px-4 py-2">
          <Time at={event.atMs} form="ms" />
          <span className="font-strong">{t(`history.${event.kind}`)}</span>
          <span className="text-muted">{who(event.by)}</span>
          {event.text !== null && (
            <span className="break-all font-mono text-meta">{letterReason(event.text, event.why)}</span>
          )}
          {event.job !== null && <JobLink cluster={cluster} job={event.job} />}
        </li>
      ))}
    </ul>
  )
}

function JobLink({ cluster, job }: { cluster: string; job: string }) {
  const t = useTranslations('deadLetters')
  return (
    <Link href={href.job(cluster, job)} prefetch={false} className="text-accent hover:underline">
      {t('history.job')}
    </Link>
  )
}
