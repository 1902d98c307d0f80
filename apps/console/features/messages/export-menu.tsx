'use client'
import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useForbidden } from '../../components/frame/shell.tsx'
import { Menu, MenuItem, MenuTitle } from '../../components/ui/menu.tsx'
import { boundsOf, filterOf, type MessageQuery } from './message-query.ts'

/** Everything that matches as a file, not only what is on the page: from the beginning where the list shows the newest. */
export function ExportMenu({ cluster, topic, query }: { cluster: string; topic: string; query: MessageQuery }) {
  const t = useTranslations('messages')
  const forbidden = useForbidden('payloads')
  const save = (format: 'jsonl' | 'csv') => {
    const bounds = boundsOf(cluster, topic, query)
    const input = {
      ...bounds,
      from: bounds.from.kind === 'newest' ? { kind: 'earliest' } : bounds.from,
      filter: filterOf(query),
      decoders: { key: query.key, value: query.value },
      format,
    }
    const link = document.createElement('a')
    link.href = `/api/export?input=${encodeURIComponent(JSON.stringify(input))}`
    link.download = ''
    link.click()
  }
  return (
    <Menu
      label={t('export.label')}
      className="!border-line"
      trigger={<Download size={16} strokeWidth={1.75} aria-hidden />}
    >
      <MenuTitle>{t('export.about')}</MenuTitle>
      <MenuItem disabledReason={forbidden} onSelect={() => save('jsonl')}>
        {t('export.jsonl')}
      </MenuItem>
      <MenuItem disabledReason={forbidden} onSelect={() => save('csv')}>
        {t('export.csv')}
      </MenuItem>
    </Menu>
  )
}
