'use client'
import { useTranslations } from 'next-intl'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { StateIcon } from './badge.tsx'

/** Says whose part is missing in what is shown: brokers that do not answer, and why. */
export function SilentBrokers(props: {
  brokers: readonly { readonly nodeId: number | null; readonly reason: string }[] | undefined
}) {
  const t = useTranslations('frame')
  const reasonWords = useReasonWords()
  if (props.brokers === undefined || props.brokers.length === 0) return null
  return (
    <div
      role="status"
      className="mx-6 my-2 flex items-start gap-2 rounded-control bg-attention-soft px-3 py-1.5 text-attention max-sm:mx-4"
    >
      <span className="pt-[3px]">
        <StateIcon state="attention" />
      </span>
      <ul className="min-w-0 flex-1">
        {props.brokers.map(({ nodeId, reason }) => (
          <li key={`${nodeId} ${reason}`} className="break-words">
            {nodeId === null
              ? t('silentListener', { reason: reasonWords(reason) })
              : t('silentBroker', { id: String(nodeId), reason: reasonWords(reason) })}
          </li>
        ))}
      </ul>
    </div>
  )
}
