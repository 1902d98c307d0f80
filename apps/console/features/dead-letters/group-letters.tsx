'use client'
import { useQuery } from '@tanstack/react-query'
import { MailX } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { ButtonLink } from '../../components/ui/button.tsx'
import { href } from '../../lib/href.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'

const AGE_MS = 30_000

/** From a group to its dead letters; nothing where it has none. */
export function GroupLetters({ cluster, group }: { cluster: string; group: string }) {
  const t = useTranslations('deadLetters')
  const trpc = useTRPC()
  const { data } = useQuery(
    trpc.deadLetters.list.queryOptions({ cluster, search: group.slice(0, 500), pageSize: 200 }, { staleTime: AGE_MS }),
  )
  const row = data?.rows.find((each) => each.group === group)
  if (row === undefined) return null
  return (
    <ButtonLink href={href.letters(cluster, row.topic)}>
      <MailX size={16} strokeWidth={1.75} aria-hidden />
      {t('ofGroup', { count: row.depth, shown: exactNumber(row.depth) })}
    </ButtonLink>
  )
}
