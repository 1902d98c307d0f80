'use client'
import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useId, useState } from 'react'
import { Button, IconButton } from '../../components/ui/button.tsx'
import { Input } from '../../components/ui/field.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'

/** A CEL expression, and why it cannot be used. */
export function ExpressionForm(props: {
  text: string
  problem: string | null
  onChange(text: string): void
  onClose(): void
}) {
  const { text, problem, onChange, onClose } = props
  const t = useTranslations('messages')
  const reasonWords = useReasonWords()
  const id = useId()
  const [draft, setDraft] = useState(text)
  useEffect(() => setDraft(text), [text])
  return (
    <form
      className="flex flex-col gap-1"
      onSubmit={(event) => {
        event.preventDefault()
        onChange(draft.trim())
      }}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Input
          mono
          autoFocus={text === ''}
          aria-label={t('cel.label')}
          aria-describedby={`${id}-about`}
          aria-invalid={problem !== null || undefined}
          placeholder='value.amount > 100.0 && headers.source == "web"'
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          className="min-w-0 !w-auto flex-1"
        />
        <Button type="submit" kind={draft.trim() === text ? 'plain' : 'primary'}>
          {t('filter.apply')}
        </Button>
        <IconButton label={t('cel.remove')} onClick={onClose}>
          <X size={16} strokeWidth={1.75} />
        </IconButton>
      </div>
      <p id={`${id}-about`} className="text-meta">
        {problem === null ? (
          <span className="text-muted">{t('cel.about')}</span>
        ) : (
          <span className="text-wrong">{reasonWords(problem)}</span>
        )}
      </p>
    </form>
  )
}
