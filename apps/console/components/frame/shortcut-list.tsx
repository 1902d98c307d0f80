'use client'
import { useTranslations } from 'next-intl'
import { Dialog } from '../ui/dialog.tsx'
import { places } from './navigation.ts'

/** What `?` shows. */
export function ShortcutList({ onClose }: { onClose(): void }) {
  const t = useTranslations('frame')
  const rows: readonly (readonly [string, string])[] = [
    ['⌘K  Ctrl+K', t('shortcuts.palette')],
    ['/', t('shortcuts.filter')],
    ['J  K  ↓  ↑', t('shortcuts.rows')],
    ['Enter', t('shortcuts.open')],
    ['Esc', t('shortcuts.close')],
    ...places.map((place): [string, string] => [`G ${place.key.toUpperCase()}`, t(`place.${place.id}`)]),
    ['?', t('shortcuts.title')],
  ]
  return (
    <Dialog open onOpenChange={onClose} title={t('shortcuts.title')}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 pb-3">
        {rows.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt className="flex gap-1">
              {keys.split(/\s+/).map((key) => (
                <kbd key={key} className="rounded-[4px] border bg-sunken px-1.5 font-mono text-meta">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
