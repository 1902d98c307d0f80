'use client'
import { useMutation } from '@tanstack/react-query'
import { Ellipsis, ListChecks, RotateCw, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { createSerializer } from 'nuqs'
import { useState } from 'react'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button, ButtonLink } from '../../components/ui/button.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Figure, FigureStrip } from '../../components/ui/figure.tsx'
import { Menu, MenuItem, MenuLink } from '../../components/ui/menu.tsx'
import { Count, Unknown } from '../../components/ui/number.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useToast } from '../../components/ui/toast.tsx'
import { cn } from '../../lib/cn.ts'
import { href } from '../../lib/href.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { placeOf } from '../messages/message-query.ts'
import { type LetterQuery, letterQueryParsers, parseAsPlaces } from './letter-query.ts'
import type { LetterTopic } from './outputs.ts'

const PurgeDialog = dynamic(async () => (await import('./purge-dialog.tsx')).PurgeDialog, { ssr: false })
const { at: _, resume: __, n: ___, ...asked } = letterQueryParsers
const addressOf = createSerializer({ ...asked, places: parseAsPlaces })

/** The topic's name, its figures and what can be done: to all that match, or to the rows that are ticked. */
export function LetterTitle(props: {
  cluster: string
  topic: string
  about: LetterTopic | undefined
  query: LetterQuery
  /** null: not known (yet). */
  matching: number | null
  selection: ReadonlySet<string>
  onUnselect(): void
  onChanged(): void
}) {
  const { cluster, topic, about, query, matching, selection, onUnselect, onChanged } = props
  const t = useTranslations('deadLetters')
  const frame = useTranslations('frame')
  const trpc = useTRPC()
  const toast = useToast()
  const operate = useForbidden('operate')
  const administer = useForbidden('administer')
  const [purging, setPurging] = useState(false)
  const places = [...selection].flatMap((key) => placeOf(key) ?? [])
  const unresolve = useMutation(trpc.deadLetters.unresolve.mutationOptions({ onSuccess: onChanged }))
  const resolve = useMutation(
    trpc.deadLetters.resolve.mutationOptions({
      onSuccess: (_done, { places: marked }) => {
        onUnselect()
        onChanged()
        toast({
          text: t('resolve.done', { count: marked.length }),
          undo: () => unresolve.mutate({ cluster, topic, places: marked }),
        })
      },
    }),
  )
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const resend = href.resendLetters(cluster, topic)
  return (
    <>
      <TitleRow
        parents={[{ label: t('title'), href: href.deadLetters(cluster) }]}
        title={selection.size === 0 ? (about?.group ?? topic) : t('chosen', { count: selection.size })}
        badges={
          <>
            {about?.group != null && selection.size === 0 && <Badge tip={t('topicTip')}>{topic}</Badge>}
            {about?.convention != null && about.convention !== 'odradek' && (
              <Badge>{t(`convention.${about.convention}`)}</Badge>
            )}
            {/* Has its place before it is counted. */}
            <span className={cn('text-meta text-muted', matching === null && 'invisible')}>
              {t('matching', { count: exactNumber(matching ?? about?.depth ?? 0) })}
            </span>
          </>
        }
        actions={
          selection.size > 0 ? (
            <>
              <Button onClick={onUnselect}>{t('unselect')}</Button>
              <Button
                disabledReason={operate}
                busy={resolve.isPending}
                onClick={() => resolve.mutate({ cluster, topic, places })}
              >
                <ListChecks {...icon} />
                {t('resolve.act', { count: selection.size })}
              </Button>
              <ButtonLink kind="primary" href={addressOf(resend, { key: query.key, value: query.value, places })}>
                <RotateCw {...icon} />
                {t('resend.chosen', { count: selection.size })}
              </ButtonLink>
            </>
          ) : (
            <>
              <ButtonLink kind="primary" href={addressOf(resend, narrowing(query))}>
                <RotateCw {...icon} />
                {matching === null ? t('resend.all') : t('resend.allOf', { count: exactNumber(matching) })}
              </ButtonLink>
              <Menu label={frame('more')} trigger={<Ellipsis {...icon} />}>
                <MenuLink href={href.topic(cluster, topic)}>{t('asTopic')}</MenuLink>
                {about?.group != null && <MenuLink href={href.group(cluster, about.group)}>{t('asGroup')}</MenuLink>}
                {about?.retryTopic != null && (
                  <MenuLink href={href.retry(cluster, about.retryTopic)}>{t('asRetries')}</MenuLink>
                )}
                <MenuItem
                  wrong
                  icon={<Trash2 {...icon} />}
                  disabledReason={administer}
                  onSelect={() => setPurging(true)}
                >
                  {t('purge.open')}
                </MenuItem>
              </Menu>
            </>
          )
        }
      />
      <FigureStrip>
        <Figure label={t('column.depth')} value={about === undefined ? <Unknown /> : <Count value={about.depth} />} />
        <Figure
          label={t('column.grown')}
          value={about === undefined ? <Unknown /> : <Count value={about.grown} />}
          state={(about?.grown ?? 0) > 0 ? 'attention' : 'good'}
        />
        <Figure
          label={t('column.newest')}
          value={about?.newestMs == null ? <Unknown /> : <Time at={about.newestMs} />}
        />
        <Figure
          label={t('column.oldest')}
          value={about?.oldestMs == null ? <Unknown /> : <Time at={about.oldestMs} />}
        />
        {about?.topError != null && (
          <Figure
            label={<span data-tip={t('column.topErrorTip')}>{t('column.topError')}</span>}
            value={<span className="break-all font-mono text-meta">{about.topError}</span>}
          />
        )}
      </FigureStrip>
      {resolve.error !== null && <ErrorState className="m-4" error={resolve.error} />}
      {unresolve.error !== null && <ErrorState className="m-4" error={unresolve.error} />}
      {purging && (
        <PurgeDialog cluster={cluster} topic={topic} onClose={() => setPurging(false)} onChanged={onChanged} />
      )}
    </>
  )
}

/** What narrows, without what only the list has. */
function narrowing({ at: _at, resume: _resume, n: _n, ...asked }: LetterQuery) {
  return asked
}
