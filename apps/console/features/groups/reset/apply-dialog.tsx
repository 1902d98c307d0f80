'use client'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '../../../components/ui/button.tsx'
import { CommandLine } from '../../../components/ui/command-line.tsx'
import { ConfirmName } from '../../../components/ui/confirm-name.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import type { ResetPlan } from '../outputs.ts'

/** The last look: the sentence, the command, and the group's id typed where records are skipped or very many read again. */
export function ApplyDialog(props: {
  plan: ResetPlan
  sentence: string
  /** Applied once the group is empty, not now. */
  arms: boolean
  onConfirm(confirm: string | undefined): void
  onClose(): void
}) {
  const { plan, sentence, arms, onConfirm, onClose } = props
  const t = useTranslations('groups')
  const frame = useTranslations('frame')
  const [typed, setTyped] = useState('')
  const missing = plan.mustConfirm && typed !== plan.group
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(arms ? 'reset.armTitle' : 'reset.applyTitle', { group: plan.group })}
      description={sentence}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind={plan.totals.skips > 0 ? 'wrong' : 'primary'}
            disabledReason={missing ? t('typeFirst') : undefined}
            onClick={() => onConfirm(plan.mustConfirm ? typed : undefined)}
          >
            {t(arms ? 'reset.armAct' : 'reset.applyAct', { count: plan.totals.partitions })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {arms && <p>{t('reset.armAbout')}</p>}
        {!arms && <CommandLine label={frame('equivalent')} command={plan.command} />}
        {plan.mustConfirm && <ConfirmName name={plan.group} value={typed} onChange={setTyped} />}
      </div>
    </Dialog>
  )
}
