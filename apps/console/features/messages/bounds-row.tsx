'use client'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { Input } from '../../components/ui/field.tsx'
import { Menu, MenuChoice, MenuTitle } from '../../components/ui/menu.tsx'
import { Select } from '../../components/ui/select.tsx'
import { exactNumber } from '../../lib/numbers.ts'
import { parseTime, timeText } from '../../lib/times.ts'
import { useZone } from '../../lib/zone.tsx'
import { type Bound, type Decoder, decoders, LIMITS, type MessageQuery } from './message-query.ts'

/** Where the search begins and ends, in which partitions, how many rows, and how payloads are read. */
export function BoundsRow(props: {
  query: MessageQuery
  partitions: number | undefined
  onChange(change: Partial<MessageQuery>): void
}) {
  const { query, partitions, onChange } = props
  const t = useTranslations('messages')
  const limits = LIMITS.some((n) => n === query.n) ? LIMITS : [...LIMITS, query.n]
  const decoderLabel =
    query.key === 'auto' && query.value === 'auto' ? t('decoder.auto') : `${query.key} / ${query.value}`
  return (
    <>
      <BoundField
        label={t('from.label')}
        bound={query.from}
        words={{ newest: t('from.newest'), earliest: t('from.earliest') }}
        onChange={(from) => onChange({ from })}
      />
      <BoundField
        label={t('to.label')}
        bound={query.to}
        words={{ now: t('to.now') }}
        onChange={(to) => onChange({ to })}
      />
      {partitions !== undefined && partitions > 1 && (
        <PartitionField chosen={query.p} partitions={partitions} onChange={(p) => onChange({ p })} />
      )}
      <Select
        label={t('limit')}
        value={String(query.n)}
        onChange={(n) => onChange({ n: Number(n) })}
        options={limits.map((n) => ({ value: String(n), label: t('rows', { count: exactNumber(n) }) }))}
      />
      <Menu label={t('decoder.label')} className="!border-line font-regular" trigger={decoderLabel} align="start">
        {(['key', 'value'] as const).map((part) => (
          <div key={part}>
            <MenuTitle>{t(`column.${part}`)}</MenuTitle>
            {decoders.map((name: Decoder) => (
              <MenuChoice key={name} chosen={query[part] === name} onSelect={() => onChange({ [part]: name })}>
                {name === 'auto' ? t('decoder.auto') : name}
              </MenuChoice>
            ))}
          </div>
        ))}
        <MenuTitle>{t('isolation.label')}</MenuTitle>
        <MenuChoice chosen={!query.uncommitted} onSelect={() => onChange({ uncommitted: false })}>
          {t('isolation.committed')}
        </MenuChoice>
        <MenuChoice chosen={query.uncommitted} onSelect={() => onChange({ uncommitted: true })}>
          {t('isolation.uncommitted')}
        </MenuChoice>
      </Menu>
    </>
  )
}

/** A bound: one of its words, a time or an offset. Times are read in the page's zone. */
function BoundField<Word extends string>(props: {
  label: string
  bound: Bound<Word>
  words: Readonly<Record<Word, string>>
  onChange(bound: Bound<Word>): void
}) {
  const { label, bound, words, onChange } = props
  const t = useTranslations('messages')
  const zone = useZone()
  const shown = textOf(bound, zone)
  const [draft, setDraft] = useState(shown)
  const [wrong, setWrong] = useState(false)
  useEffect(() => setDraft(shown), [shown])
  const options = [
    ...Object.entries<string>(words).map(([value, text]) => ({
      value: value as Word | 'time' | 'offset',
      label: text,
    })),
    { value: 'time' as const, label: t('bound.time') },
    { value: 'offset' as const, label: t('bound.offset') },
  ]
  const commit = () => {
    const text = draft.trim()
    if (bound.kind === 'time') {
      const timestamp = parseTime(text, zone, Date.now())
      setWrong(timestamp === null)
      if (timestamp !== null) onChange({ kind: 'time', timestamp: Math.max(0, Math.round(timestamp)) })
    } else if (bound.kind === 'offset') {
      const offset = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      setWrong(!Number.isSafeInteger(offset))
      if (Number.isSafeInteger(offset)) onChange({ kind: 'offset', offset })
    }
  }
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className="text-muted">{label}</span>
      <Select<Word | 'time' | 'offset'>
        label={label}
        value={bound.kind}
        options={options}
        onChange={(kind) => {
          setWrong(false)
          if (kind === 'time')
            onChange({ kind: 'time', timestamp: Math.floor((Date.now() - 3_600_000) / 60_000) * 60_000 })
          else if (kind === 'offset') onChange({ kind: 'offset', offset: 0 })
          else onChange({ kind: kind as Word })
        }}
      />
      {(bound.kind === 'time' || bound.kind === 'offset') && (
        <Input
          mono
          aria-label={`${label} ${t(bound.kind === 'time' ? 'bound.time' : 'bound.offset')}`}
          aria-invalid={wrong || undefined}
          data-tip={bound.kind === 'time' ? t('bound.timeTip') : undefined}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit()
          }}
          className={bound.kind === 'time' ? '!w-52' : '!w-32'}
        />
      )}
    </span>
  )
}

function textOf(bound: Bound<string>, zone: string): string {
  if ('timestamp' in bound) return timeText(bound.timestamp, zone, bound.timestamp % 1000 === 0 ? 's' : 'ms')
  return 'offset' in bound ? String(bound.offset) : ''
}

function PartitionField(props: {
  chosen: readonly number[]
  partitions: number
  onChange(chosen: readonly number[]): void
}) {
  const { chosen, partitions, onChange } = props
  const t = useTranslations('messages')
  const shown = chosen.join(', ')
  const [draft, setDraft] = useState(shown)
  const [wrong, setWrong] = useState(false)
  useEffect(() => setDraft(shown), [shown])
  const commit = () => {
    const parsed = partitionsOf(draft, partitions)
    setWrong(parsed === null)
    if (parsed !== null) onChange(parsed)
  }
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className="text-muted">{t('partitions.label')}</span>
      <Input
        mono
        aria-label={t('partitions.label')}
        aria-invalid={wrong || undefined}
        placeholder={t('partitions.all', { last: partitions - 1 })}
        data-tip={t('partitions.tip')}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit()
        }}
        className="!w-28"
      />
    </span>
  )
}

/** `0, 3-5` as numbers; null where it is not that, or names a partition that there is not. */
function partitionsOf(text: string, count: number): number[] | null {
  const numbers = new Set<number>()
  for (const part of text.split(/[,\s]+/).filter((item) => item !== '')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (match === null) return null
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    if (last >= count || first > last) return null
    for (let n = first; n <= last; n++) numbers.add(n)
  }
  return [...numbers].sort((one, other) => one - other)
}
