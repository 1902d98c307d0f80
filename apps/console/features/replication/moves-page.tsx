'use client'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { Button } from '../../components/ui/button.tsx'
import { MoveList } from './move-list.tsx'
import { MovePlanner } from './move-planner.tsx'
import { type MoveQuery, moveQueryParsers } from './move-query.ts'

/** What is being moved; and a move that is planned. */
export function MovesPage({ cluster }: { cluster: string }) {
  const t = useTranslations('replication')
  const [query, setQuery] = useQueryStates(moveQueryParsers)
  const asked: MoveQuery = query
  const change = (next: Partial<MoveQuery>) => void setQuery(next)
  if (asked.plan) return <MovePlanner cluster={cluster} query={asked} onChange={change} />
  return (
    <MoveList
      cluster={cluster}
      action={<Button onClick={() => setQuery({ plan: true }, { history: 'push' })}>{t('move.open')}</Button>}
    />
  )
}
