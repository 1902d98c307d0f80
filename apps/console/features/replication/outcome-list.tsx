import { useTranslations } from 'next-intl'
import { type Outcome, placeName } from './outputs.ts'

/** What could not be done, partition by partition. Nothing, where all was. */
export function OutcomeList({ results }: { results: readonly Outcome[] | undefined }) {
  const t = useTranslations('replication')
  const failed = (results ?? []).filter(({ error }) => error !== null)
  if (failed.length === 0) return null
  return (
    <div role="alert" className="flex flex-col gap-1">
      <p className="font-strong text-wrong">{t('failed', { count: failed.length, total: results?.length ?? 0 })}</p>
      <ul className="max-h-48 overflow-y-auto">
        {failed.map((one) => (
          <li key={placeName(one)} className="break-words text-wrong">
            <span className="font-mono">{placeName(one)}</span>: {one.error?.text}{' '}
            <span className="font-mono text-meta">{`${one.error?.name} (${one.error?.number})`}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
