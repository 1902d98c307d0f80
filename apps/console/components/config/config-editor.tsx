'use client'
import { useTranslations } from 'next-intl'
import { parseAsBoolean, parseAsString, useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import type { ConfigEntry } from '../../features/topics/outputs.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Checkbox } from '../ui/field.tsx'
import { FilterInput } from '../ui/filter-input.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { ConfigRow } from './config-row.tsx'

export type ConfigDocs = Readonly<Record<string, string>>

export interface ConfigEditorProps {
  label: string
  /** What configs mean in the language of the page, by what they mean in English; undefined: English is that language. */
  docs: ConfigDocs | undefined
  /** Undefined while the first load runs. */
  entries: readonly ConfigEntry[] | undefined
  /** Why nothing may be changed. */
  forbidden: string | undefined
  onSet(name: string, value: string): Promise<unknown>
  onReset(name: string): Promise<unknown>
  /** The same in a shell; null resets. */
  commandOf(bootstrap: readonly string[], name: string, value: string | null): string
}

/** The configs of a topic or a broker: found by words, the changed ones alone, each edited in place. */
export function ConfigEditor(props: ConfigEditorProps) {
  const { label, entries } = props
  const t = useTranslations('config')
  const frame = useTranslations('frame')
  const [query, setQuery] = useQueryStates({
    q: parseAsString.withDefault(''),
    changed: parseAsBoolean.withDefault(false),
  })
  const search = useCallback((q: string) => void setQuery({ q }), [setQuery])
  const translated = entries?.map((entry) => {
    const documentation =
      entry.documentation === null ? null : (props.docs?.[entry.documentation] ?? entry.documentation)
    return { ...entry, documentation }
  })
  const words = query.q.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = translated?.filter((entry) => {
    const text = `${entry.name} ${entry.documentation ?? ''} ${entry.value ?? ''}`.toLowerCase()
    return (!query.changed || entry.isOverridden) && words.every((word) => text.includes(word))
  })
  const changed = entries?.filter(({ isOverridden }) => isOverridden).length ?? 0
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-2 max-sm:px-4">
        <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
        <Checkbox checked={query.changed} onChange={(on) => setQuery({ changed: on })}>
          {t('changedOnly', { count: changed })}
        </Checkbox>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse. */}
      <section aria-label={label} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2">
        {shown === undefined && (
          <div className="flex flex-col gap-4 px-6 py-4">
            {['a', 'b', 'c', 'd'].map((key) => (
              <Skeleton key={key} className="h-8 w-full" />
            ))}
          </div>
        )}
        <ul>
          {shown?.map((entry) => (
            <ConfigRow key={entry.name} {...props} entry={entry} />
          ))}
        </ul>
        {shown?.length === 0 && (
          <EmptyState
            title={t('noMatch')}
            action={<Button onClick={() => setQuery({ q: '', changed: false })}>{frame('table.clear')}</Button>}
          >
            {query.changed && changed === 0 ? t('nothingChanged') : null}
          </EmptyState>
        )}
      </section>
    </div>
  )
}
