'use client'
import { MailX, Route, ShieldOff } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { href } from '../../lib/href.ts'
import { placeText } from '../messages/outputs.ts'
import { LetterFound, type LetterSpot } from './letter-found.tsx'

/** One dead letter, on a page of its own. */
export function LetterPage({ place }: { place: LetterSpot }) {
  const t = useTranslations('deadLetters')
  const words = useTranslations('messages')
  const forbidden = useForbidden('payloads')
  const { cluster, topic } = place
  const list = `${href.letters(cluster, topic)}?at=${placeText(place)}`
  return (
    <>
      <TitleRow
        parents={[
          { label: t('title'), href: href.deadLetters(cluster) },
          { label: topic, href: href.letters(cluster, topic) },
        ]}
        title={placeText(place)}
        badges={<Copy label={words('panel.copyLink')} text={() => location.href} />}
        actions={
          <>
            <ButtonLink href={href.life(cluster, topic, place.partition, place.offset)}>
              <Route size={16} strokeWidth={1.75} aria-hidden />
              {words('page.life')}
            </ButtonLink>
            <ButtonLink href={list}>
              <MailX size={16} strokeWidth={1.75} aria-hidden />
              {t('inList')}
            </ButtonLink>
          </>
        }
      />
      <div className="flex min-h-0 flex-1 flex-col border-t">
        {forbidden === undefined ? (
          <LetterFound
            key={placeText(place)}
            place={place}
            decoders={{ key: 'auto', value: 'auto' }}
            onChanged={() => {}}
          />
        ) : (
          <EmptyState icon={ShieldOff} title={words('empty.forbidden')}>
            {forbidden}
          </EmptyState>
        )}
      </div>
    </>
  )
}
