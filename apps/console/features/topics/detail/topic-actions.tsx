'use client'
import { Ellipsis, Eraser, ListX, Rows4, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useForbidden } from '../../../components/frame/shell.tsx'
import { Menu, MenuItem, MenuLine } from '../../../components/ui/menu.tsx'

const AddPartitions = dynamic(async () => (await import('../dialogs/add-partitions.tsx')).AddPartitions, { ssr: false })
const DeleteRecords = dynamic(async () => (await import('../dialogs/delete-records.tsx')).DeleteRecords, { ssr: false })
const DeleteTopics = dynamic(async () => (await import('../dialogs/delete-topics.tsx')).DeleteTopics, { ssr: false })
type Act = 'partitions' | 'records' | 'empty' | 'delete'

/** What may be done to a topic as a whole. */
export function TopicActions(props: { cluster: string; topic: string; partitions: number | undefined }) {
  const { cluster, topic, partitions } = props
  const t = useTranslations('topics')
  const frame = useTranslations('frame')
  const [act, setAct] = useState<Act | null>(null)
  const growing = useForbidden('administer', 'addPartitions')
  const trimming = useForbidden('administer', 'deleteRecords')
  const deleting = useForbidden('administer', 'deleteTopics')
  const close = () => setAct(null)
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  return (
    <>
      <Menu label={frame('more')} trigger={<Ellipsis {...icon} />}>
        <MenuItem icon={<Rows4 {...icon} />} disabledReason={growing} onSelect={() => setAct('partitions')}>
          {t('act.partitions')}
        </MenuItem>
        <MenuItem icon={<ListX {...icon} />} disabledReason={trimming} onSelect={() => setAct('records')}>
          {t('act.records')}
        </MenuItem>
        <MenuItem icon={<Eraser {...icon} />} disabledReason={trimming} onSelect={() => setAct('empty')}>
          {t('act.empty')}
        </MenuItem>
        <MenuLine />
        <MenuItem wrong icon={<Trash2 {...icon} />} disabledReason={deleting} onSelect={() => setAct('delete')}>
          {t('act.delete')}
        </MenuItem>
      </Menu>
      {act === 'partitions' && <AddPartitions cluster={cluster} topic={topic} now={partitions ?? 0} onClose={close} />}
      {act === 'records' && <DeleteRecords cluster={cluster} topic={topic} onClose={close} />}
      {act === 'empty' && <DeleteRecords cluster={cluster} topic={topic} everything onClose={close} />}
      {act === 'delete' && <DeleteTopics cluster={cluster} topics={[topic]} onClose={close} />}
    </>
  )
}
