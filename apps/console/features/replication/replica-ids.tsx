import { useTranslations } from 'next-intl'
import { cn } from '../../lib/cn.ts'

/** Broker ids in the order of preference: those that are not in sync are struck, those that come have a plus, those that go a minus. */
export function ReplicaIds(props: {
  replicas: readonly number[]
  isr?: readonly number[]
  adding?: readonly number[]
  removing?: readonly number[]
}) {
  const { replicas, isr, adding = [], removing = [] } = props
  const t = useTranslations('replication')
  return (
    <span className="inline-flex items-center gap-1.5">
      {replicas.map((id) => {
        const isComing = adding.includes(id)
        const isBehind = isr !== undefined && !isr.includes(id)
        const word = isComing ? t('coming') : removing.includes(id) ? t('going') : isBehind ? t('behind') : null
        return (
          <span
            key={id}
            data-tip={word ?? undefined}
            className={cn(
              isBehind && !isComing && 'text-attention line-through',
              isComing && 'text-accent',
              removing.includes(id) && 'text-muted',
            )}
          >
            {isComing && '+'}
            {removing.includes(id) && '−'}
            {id}
            {word !== null && <span className="sr-only"> {word}</span>}
          </span>
        )
      })}
    </span>
  )
}
