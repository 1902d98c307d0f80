import { useTranslations } from 'next-intl'
import { Badge, type State } from '../../components/ui/badge.tsx'
import type { PartitionFault } from './outputs.ts'

const looks: Readonly<Record<PartitionFault, State>> = {
  leaderless: 'wrong',
  underMinIsr: 'wrong',
  underReplicated: 'attention',
  notPreferred: 'good',
}

/** What is not as it should be with a partition, and whether it is being moved. */
export function FaultBadges({ faults, isMoving }: { faults: readonly PartitionFault[]; isMoving: boolean }) {
  const t = useTranslations('replication')
  if (faults.length === 0 && !isMoving) return <span className="text-muted">{t('fault.none')}</span>
  return (
    <span className="inline-flex items-center gap-1.5">
      {faults.map((fault) => (
        <Badge key={fault} state={looks[fault]} tip={t(`faultAbout.${fault}`)}>
          {t(`fault.${fault}`)}
        </Badge>
      ))}
      {isMoving && <Badge state="busy">{t('moving')}</Badge>}
    </span>
  )
}
