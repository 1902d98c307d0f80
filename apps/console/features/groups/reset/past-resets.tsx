'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useForbidden } from '../../../components/frame/shell.tsx'
import { Badge } from '../../../components/ui/badge.tsx'
import { Button } from '../../../components/ui/button.tsx'
import { ErrorState } from '../../../components/ui/error-state.tsx'
import { Time } from '../../../components/ui/time.tsx'
import { href } from '../../../lib/href.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useGroupsChanged } from '../use-groups-changed.ts'

const REFRESH_MS = 5_000

/** Resets that wait for the group to be empty, and those that were done, each with its way back. */
export function PastResets({ cluster, group }: { cluster: string; group: string }) {
  const t = useTranslations('groups')
  const trpc = useTRPC()
  const changed = useGroupsChanged()
  const operate = useForbidden('operate')
  const past = useQuery(trpc.groups.resets.queryOptions({ cluster, group }, { refetchInterval: REFRESH_MS }))
  const undo = useMutation(trpc.groups.resetUndo.mutationOptions({ onSuccess: changed }))
  const disarm = useMutation(trpc.groups.resetDisarm.mutationOptions({ onSuccess: changed }))
  const { done = [], armed = [] } = past.data ?? {}
  if (done.length === 0 && armed.length === 0) return null
  return (
    <section aria-label={t('reset.past')} className="flex flex-col gap-2 border-t pt-3">
      <h2 className="font-strong">{t('reset.past')}</h2>
      <ul className="flex flex-col gap-3">
        {armed.map((one) => (
          <li key={one.id} className="flex flex-col items-start gap-1">
            <span className="flex flex-wrap items-center gap-2">
              <Badge state={one.outcome === null ? 'busy' : one.outcome.error === null ? 'good' : 'wrong'}>
                {t(
                  one.outcome === null
                    ? 'reset.waits'
                    : one.outcome.error === null
                      ? 'reset.wentThrough'
                      : 'reset.failedArmed',
                )}
              </Badge>
              <span className="break-words">{one.what}</span>
            </span>
            <span className="text-meta text-muted">
              {one.who} · <Time at={one.sinceMs} />
              {one.outcome?.error != null && ` · ${one.outcome.error}`}
            </span>
            {one.outcome === null && (
              <Button
                small
                disabledReason={operate}
                busy={disarm.isPending}
                onClick={() => disarm.mutate({ cluster, armId: one.id })}
              >
                {t('reset.disarm')}
              </Button>
            )}
          </li>
        ))}
        {done.map((one) => (
          <li key={one.id} className="flex flex-col items-start gap-1">
            <span className="break-words">
              {one.what} ·{' '}
              {t('reset.ofPartitions', { count: one.results.filter(({ error }) => error === null).length })}
            </span>
            <span className="text-meta text-muted">
              {one.who} · <Time at={one.atMs} />
            </span>
            {one.undoneBy !== null ? (
              <Badge>{t('reset.undone')}</Badge>
            ) : (
              <span className="flex flex-wrap items-center gap-2">
                <Button
                  small
                  disabledReason={operate}
                  busy={undo.isPending && undo.variables.resetId === one.id}
                  onClick={() => undo.mutate({ cluster, group, resetId: one.id })}
                >
                  {t('reset.restore')}
                </Button>
                <Link
                  href={`${href.group(cluster, group, 'reset')}?to=undo&undo=${one.id}`}
                  className="text-accent text-meta hover:underline"
                >
                  {t('reset.asPlan')}
                </Link>
              </span>
            )}
          </li>
        ))}
      </ul>
      {undo.error !== null && <ErrorState error={undo.error} />}
      {disarm.error !== null && <ErrorState error={disarm.error} />}
    </section>
  )
}
