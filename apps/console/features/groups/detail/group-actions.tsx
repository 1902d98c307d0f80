'use client'
import { Ellipsis, Trash2, UserX } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../../components/frame/shell.tsx'
import { ButtonLink } from '../../../components/ui/button.tsx'
import { Menu, MenuItem, MenuLine } from '../../../components/ui/menu.tsx'
import { href } from '../../../lib/href.ts'
import { GroupLetters } from '../../dead-letters/group-letters.tsx'
import { DeleteGroup } from '../dialogs/delete-group.tsx'
import { FenceMembers } from '../dialogs/fence-members.tsx'

/** What may be done to a group as a whole. */
export function GroupActions(props: { cluster: string; group: string; members: number | undefined }) {
  const { cluster, group, members } = props
  const t = useTranslations('groups')
  const frame = useTranslations('frame')
  const [act, setAct] = useState<'fence' | 'delete' | null>(null)
  const administer = useForbidden('administer')
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  const busy = members !== undefined && members > 0 ? t('delete.busy', { count: members }) : undefined
  return (
    <>
      <GroupLetters cluster={cluster} group={group} />
      <ButtonLink href={href.group(cluster, group, 'reset')}>{t('act.reset')}</ButtonLink>
      <Menu label={frame('more')} trigger={<Ellipsis {...icon} />}>
        <MenuItem
          icon={<UserX {...icon} />}
          disabledReason={administer ?? (members === 0 ? t('fence.none') : undefined)}
          onSelect={() => setAct('fence')}
        >
          {t('act.fence')}
        </MenuItem>
        <MenuLine />
        <MenuItem
          wrong
          icon={<Trash2 {...icon} />}
          disabledReason={administer ?? busy}
          onSelect={() => setAct('delete')}
        >
          {t('act.delete')}
        </MenuItem>
      </Menu>
      {act === 'fence' && <FenceMembers cluster={cluster} group={group} onClose={() => setAct(null)} />}
      {act === 'delete' && <DeleteGroup cluster={cluster} group={group} onClose={() => setAct(null)} />}
    </>
  )
}
