'use client'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { Dialog } from '../../components/ui/dialog.tsx'
import { Field, Input } from '../../components/ui/field.tsx'
import { exactNumber } from '../../lib/numbers.ts'

/** Sending very many is confirmed by typing how many. */
export function ConfirmCount(props: { count: number; onConfirm(count: number): void; onClose(): void }) {
  const { count, onConfirm, onClose } = props
  const t = useTranslations('jobs')
  const frame = useTranslations('frame')
  const [typed, setTyped] = useState('')
  const isRight = typed.replace(/\D/g, '') === String(count)
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('confirm.title', { count: exactNumber(count) })}
      description={t('confirm.about')}
      footer={
        <>
          <Button onClick={onClose}>{frame('cancel')}</Button>
          <Button
            kind="primary"
            disabledReason={isRight ? undefined : t('confirm.first')}
            onClick={() => onConfirm(count)}
          >
            {t('run', { count: exactNumber(count) })}
          </Button>
        </>
      }
    >
      <Field label={t('confirm.type', { count })}>
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && isRight) onConfirm(count)
            }}
          />
        )}
      </Field>
    </Dialog>
  )
}
