'use client'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { CircleSlash2, ShieldOff } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { parseAsBoolean, parseAsInteger, useQueryState } from 'nuqs'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge, type State } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Bytes, Count } from '../../components/ui/number.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Skeleton } from '../../components/ui/skeleton.tsx'
import { href } from '../../lib/href.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { untilReached } from '../../lib/until-reached.ts'
import { LifeLine } from './life-line.tsx'
import { LifeUnknowns } from './life-unknowns.tsx'
import type { GroupLife, Life } from './outputs.ts'

const REFRESH_MS = 15_000
const EFFORT_MAX = 3

const outcomeState = {
  consumed: 'good',
  ahead: 'busy',
  waits: 'busy',
  deadLetter: 'wrong',
  resent: 'busy',
  unknown: 'unknown',
} as const satisfies Record<GroupLife['outcome'], State>

/** The journey of a message: from its production to where it stands with every group. */
export function MessageLife(place: { cluster: string; topic: string; partition: number; offset: number }) {
  const { cluster, topic, partition, offset } = place
  const t = useTranslations('life')
  const messages = useTranslations('messages')
  const trpc = useTRPC()
  const forbidden = useForbidden('payloads')
  const [effort, setEffort] = useQueryState('effort', parseAsInteger.withDefault(0))
  const [isWaiting] = useQueryState('waiting', parseAsBoolean.withDefault(false))
  const bounded = Math.min(Math.max(effort, 0), EFFORT_MAX)
  const found = useQuery(
    trpc.life.get.queryOptions(forbidden === undefined ? { ...place, effort: bounded, isWaiting } : skipToken, {
      refetchInterval: ({ state }) =>
        state.data?.life?.searched.isCut === false ? REFRESH_MS : untilReached({ state }),
      placeholderData: keepPreviousData,
    }),
  )
  const name = `${topic}/${partition}@${offset}`
  const missing = found.data?.missing
  return (
    <>
      <TitleRow
        parents={[{ label: t('title'), href: href.lives(cluster) }]}
        title={<span className="font-mono">{name}</span>}
        badges={<Copy text={name} />}
        actions={
          <ButtonLink href={(isWaiting ? href.waiting : href.record)(cluster, topic, partition, offset)}>
            {t('message')}
          </ButtonLink>
        }
      />
      <div className="min-h-0 flex-1 overflow-y-auto border-t px-6 py-4 max-sm:px-4">
        {forbidden !== undefined && (
          <EmptyState icon={ShieldOff} title={messages('empty.forbidden')}>
            {forbidden}
          </EmptyState>
        )}
        <div className="flex max-w-4xl flex-col gap-6">
          <QueryError query={found} />
          {found.data === undefined && found.error === null && forbidden === undefined && (
            <p role="status" className="flex items-center gap-3 text-muted">
              <Skeleton className="w-24" /> {t('searching')}
            </p>
          )}
          {missing != null && (
            <EmptyState
              icon={CircleSlash2}
              title={
                missing.missing === 'waitsNoMore'
                  ? t('waitsNoMore')
                  : messages(`gap.${missing.missing ?? 'gone'}`, { offset: exactNumber(offset) })
              }
            >
              {t(missing.missing === 'waitsNoMore' ? 'waitsNoMoreAbout' : 'noRecord')}
            </EmptyState>
          )}
          {found.data?.life != null && (
            <Story
              cluster={cluster}
              life={found.data.life}
              busy={found.isFetching}
              onFurther={bounded < EFFORT_MAX ? () => void setEffort(bounded + 1) : undefined}
            />
          )}
        </div>
      </div>
    </>
  )
}

function Story(props: { cluster: string; life: Life; busy: boolean; onFurther: (() => void) | undefined }) {
  const { cluster, life, busy, onFurther } = props
  const t = useTranslations('life')
  return (
    <>
      <section aria-label={t('beginning')}>
        <h2 className="mb-2 text-heading">{t('beginning')}</h2>
        {life.beginning.length === 0 ? (
          <p className="text-muted">{t('beginningUnknown')}</p>
        ) : (
          <LifeLine cluster={cluster} events={life.beginning} />
        )}
      </section>
      {life.groups.map((group) => (
        <section
          key={`${group.group} ${group.deadLetters}`}
          aria-label={group.group === null ? t('someone') : t('group', { group: group.group })}
        >
          <h2 className="mb-2 flex flex-wrap items-center gap-2 text-heading">
            {group.group === null ? (
              t('someone')
            ) : (
              <Link
                href={href.group(cluster, group.group)}
                prefetch={false}
                className="min-w-0 break-all font-mono text-accent hover:underline"
              >
                {group.group}
              </Link>
            )}
            <Badge state={outcomeState[group.outcome]}>{t(`outcome.${group.outcome}`)}</Badge>
            {group.state !== null && <span className="font-regular text-meta text-muted">{group.state}</span>}
          </h2>
          <LifeLine cluster={cluster} events={group.events} />
        </section>
      ))}
      <LifeUnknowns unknown={life.unknown} />
      <p className="flex flex-wrap items-center gap-2 border-t pt-3 text-meta text-muted">
        <span>
          {t.rich('searched', {
            records: () => <Count key="records" value={life.searched.records} />,
            bytes: () => <Bytes key="bytes" value={life.searched.bytes} />,
          })}
        </span>
        {life.searched.isCut && onFurther !== undefined && (
          <Button small busy={busy} onClick={onFurther}>
            {t('further')}
          </Button>
        )}
      </p>
    </>
  )
}
