'use client'
import { useTranslations } from 'next-intl'
import { Copy } from '../../components/ui/copy.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { Time } from '../../components/ui/time.tsx'
import type { AuditEntry } from './outputs.ts'

/** One change in full: what was asked, what was before, what came of it. */
export function AuditPanel({ entry, onClose }: { entry: AuditEntry; onClose(): void }) {
  const t = useTranslations('audit')
  const images = [
    ['input', entry.input],
    ['before', entry.before],
    ['after', entry.after],
  ] as const
  return (
    <SidePanel title={entry.action} onClose={onClose} actions={<Copy text={() => JSON.stringify(entry, null, 2)} />}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 px-4 py-3">
        <dt className="text-muted">{t('at')}</dt>
        <dd>
          <Time at={entry.atMs} form="ms" />
        </dd>
        <dt className="text-muted">{t('who')}</dt>
        <dd className="break-words">
          {entry.who} <span className="text-muted">{entry.kind}</span>
        </dd>
        <dt className="text-muted">{t('resource')}</dt>
        <dd className="break-all">{entry.resource ?? '—'}</dd>
        <dt className="text-muted">{t('outcome')}</dt>
        <dd className={entry.error === null ? '' : 'break-words text-wrong'}>{entry.error ?? t('done')}</dd>
      </dl>
      {images.map(([name, image]) =>
        image === null || image === undefined ? null : (
          <section key={name} className="border-t px-4 py-3">
            <h3 className="mb-1 text-meta text-muted">{t(name)}</h3>
            <pre className="overflow-x-auto whitespace-pre-wrap break-all font-mono text-meta">
              {typeof image === 'string' ? image : JSON.stringify(image, null, 2)}
            </pre>
          </section>
        ),
      )}
    </SidePanel>
  )
}
