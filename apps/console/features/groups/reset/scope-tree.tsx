'use client'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { IconButton } from '../../../components/ui/button.tsx'
import { Checkbox, Input } from '../../../components/ui/field.tsx'
import type { Scope } from './reset-query.ts'

const TOPICS_SHOWN = 200

/** Which topics and partitions: everything, or what is ticked. */
export function ScopeTree(props: {
  /** Topic → partitions that the group has. */
  known: ReadonlyMap<string, readonly number[]>
  scope: Scope | null
  onChange(scope: Scope | null): void
}) {
  const { known, scope, onChange } = props
  const t = useTranslations('groups')
  const [search, setSearch] = useState('')
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const chosen = (topic: string): readonly number[] => {
    if (scope === null) return known.get(topic) ?? []
    const entry = scope.find((one) => one.topic === topic)
    return entry === undefined ? [] : (entry.partitions ?? known.get(topic) ?? [])
  }
  const choose = (topic: string, partitions: readonly number[]) => {
    const all = [...known].flatMap(([name, numbers]) => {
      const now = name === topic ? partitions : chosen(name)
      if (now.length === 0) return []
      return [{ topic: name, partitions: now.length === numbers.length ? null : [...now].sort((a, b) => a - b) }]
    })
    const isEverything = all.length === known.size && all.every((one) => one.partitions === null)
    onChange(isEverything ? null : all)
  }
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = [...known].filter(([topic]) => words.every((word) => topic.toLowerCase().includes(word)))
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 font-strong">{t('reset.scope')}</legend>
      <Checkbox checked={scope === null} onChange={(on) => onChange(on ? null : [])}>
        {t('reset.everything', { topics: known.size })}
      </Checkbox>
      {known.size > 8 && (
        <Input
          aria-label={t('reset.searchTopics')}
          placeholder={t('reset.searchTopics')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      <ul className="max-h-72 overflow-y-auto">
        {matching.slice(0, TOPICS_SHOWN).map(([topic, partitions]) => {
          const ticked = chosen(topic)
          const isOpen = open.has(topic)
          const toggle = () => {
            const next = new Set(open)
            if (isOpen) next.delete(topic)
            else next.add(topic)
            setOpen(next)
          }
          const Chevron = isOpen ? ChevronDown : ChevronRight
          return (
            <li key={topic}>
              <div className="flex min-w-0 items-center gap-1">
                <IconButton small label={t(isOpen ? 'reset.fold' : 'reset.unfold', { topic })} onClick={toggle}>
                  <Chevron size={14} strokeWidth={1.75} />
                </IconButton>
                <Checkbox checked={ticked.length > 0} onChange={(on) => choose(topic, on ? partitions : [])}>
                  <span className="min-w-0 break-all">
                    {topic}{' '}
                    <span className="text-meta text-muted">
                      {ticked.length}/{partitions.length}
                    </span>
                  </span>
                </Checkbox>
              </div>
              {isOpen && (
                <div className="ml-8 flex flex-wrap gap-x-3 gap-y-1 py-1">
                  {partitions.map((partition) => (
                    <Checkbox
                      key={partition}
                      checked={ticked.includes(partition)}
                      onChange={(on) =>
                        choose(topic, on ? [...ticked, partition] : ticked.filter((one) => one !== partition))
                      }
                    >
                      {partition}
                    </Checkbox>
                  ))}
                </div>
              )}
            </li>
          )
        })}
      </ul>
      {matching.length > TOPICS_SHOWN && (
        <p className="text-meta text-muted">{t('moreTopics', { count: matching.length - TOPICS_SHOWN })}</p>
      )}
    </fieldset>
  )
}
