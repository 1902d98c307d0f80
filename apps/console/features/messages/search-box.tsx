'use client'
import { Search } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { Input } from '../../components/ui/field.tsx'
import { href } from '../../lib/href.ts'
import { recordAddress } from '../../lib/record-address.ts'
import { parseTime, timeText } from '../../lib/times.ts'
import { useZone } from '../../lib/zone.tsx'

export interface SearchBoxProps {
  readonly cluster: string
  readonly topic: string
  /** The text that is searched for now. */
  readonly text: string
  onText(text: string): void
  onKey(key: string): void
  onPlace(partition: number, offset: string): void
  onTime(timestamp: number): void
}

type Meaning =
  | { readonly kind: 'place'; readonly topic: string; readonly partition: number; readonly offset: string }
  | { readonly kind: 'page'; readonly path: string }
  | { readonly kind: 'time'; readonly timestamp: number }
  | { readonly kind: 'text' }

/**
 * One box for what somebody has in hand: `3@1842`, `topic/3@1842`, an address of this console, a time, a key, any text. It says what
 * Enter will do before it is pressed.
 */
export function SearchBox(props: SearchBoxProps) {
  const t = useTranslations('messages')
  const router = useRouter()
  const zone = useZone()
  const [draft, setDraft] = useState(props.text)
  useEffect(() => setDraft(props.text), [props.text])
  const trimmed = draft.trim()
  const meaning = meaningOf(trimmed, props.topic, zone)
  const submit = () => {
    switch (meaning.kind) {
      case 'place':
        if (meaning.topic === props.topic) props.onPlace(meaning.partition, meaning.offset)
        else router.push(href.record(props.cluster, meaning.topic, meaning.partition, meaning.offset))
        setDraft(props.text)
        return
      case 'page':
        router.push(meaning.path)
        return
      case 'time':
        props.onTime(meaning.timestamp)
        setDraft(props.text)
        return
      case 'text':
        props.onText(trimmed)
        return
      default:
        meaning satisfies never
    }
  }
  return (
    <form
      className="flex min-w-0 flex-1 items-center gap-2 max-sm:flex-wrap"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div className="relative min-w-0 flex-1">
        <Search
          size={14}
          strokeWidth={1.75}
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted"
        />
        <Input
          type="search"
          aria-label={t('box.label')}
          placeholder={t('box.placeholder')}
          value={draft}
          data-filter
          onChange={(event) => setDraft(event.target.value)}
          className="pl-8"
        />
      </div>
      {trimmed !== '' && trimmed !== props.text && (
        <span className="flex shrink-0 items-center gap-1.5">
          <Button type="submit" kind="primary">
            {meaning.kind === 'place'
              ? t('box.goPlace', { place: `${meaning.topic}/${meaning.partition}@${meaning.offset}` })
              : meaning.kind === 'page'
                ? t('box.goPage')
                : meaning.kind === 'time'
                  ? t('box.fromTime', { time: timeText(meaning.timestamp, zone, 's') })
                  : t('box.contains')}
          </Button>
          {meaning.kind === 'text' && (
            <Button data-tip={t('box.keyTip')} onClick={() => props.onKey(trimmed)}>
              {t('box.key')}
            </Button>
          )}
        </span>
      )}
    </form>
  )
}

function meaningOf(text: string, topic: string, zone: string): Meaning {
  const short = /^(\d{1,9})@(\d{1,16})$/.exec(text)
  if (short !== null) return { kind: 'place', topic, partition: Number(short[1]), offset: short[2] ?? '0' }
  const address = recordAddress(text)
  if (address !== null) return { kind: 'place', ...address }
  if (typeof window !== 'undefined' && text.startsWith(`${location.origin}/`)) {
    return { kind: 'page', path: text.slice(location.origin.length) }
  }
  const timestamp = parseTime(text, zone, Date.now())
  return timestamp === null ? { kind: 'text' } : { kind: 'time', timestamp: Math.round(timestamp) }
}
