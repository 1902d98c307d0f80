'use client'
import { TriangleAlert, UserX } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../../components/frame/shell.tsx'
import { Button } from '../../../components/ui/button.tsx'
import { FenceMembers } from '../dialogs/fence-members.tsx'

const MEMBERS_SHOWN = 5

/** Offsets move only while nobody reads: who does, and the two ways on. */
export function BusyGroup(props: {
  cluster: string
  group: string
  members: readonly { readonly clientId: string; readonly host: string }[]
  /** Asks for the plan again, once they are gone. */
  onGone(): void
}) {
  const { cluster, group, members, onGone } = props
  const t = useTranslations('groups')
  const administer = useForbidden('administer')
  const [fencing, setFencing] = useState(false)
  const programs = [...Map.groupBy(members, ({ clientId, host }) => `${clientId} (${host})`)]
  return (
    <div role="status" className="flex gap-3 rounded-panel border border-line bg-attention-soft p-3">
      <TriangleAlert size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-attention" />
      <div className="min-w-0 flex-1">
        <p className="font-strong">{t('reset.busy', { count: members.length })}</p>
        <p className="break-words">
          {programs
            .slice(0, MEMBERS_SHOWN)
            .map(([name, { length }]) => (length === 1 ? name : `${name} × ${length}`))
            .join(', ')}
          {programs.length > MEMBERS_SHOWN && ` ${t('moreTopics', { count: programs.length - MEMBERS_SHOWN })}`}
        </p>
        <p className="mt-1 text-muted">{t('reset.busyAbout')}</p>
        <Button small className="mt-2" disabledReason={administer} onClick={() => setFencing(true)}>
          <UserX size={14} strokeWidth={1.75} aria-hidden />
          {t('act.fence')}
        </Button>
      </div>
      {fencing && (
        <FenceMembers
          cluster={cluster}
          group={group}
          onClose={() => {
            setFencing(false)
            onGone()
          }}
        />
      )}
    </div>
  )
}
