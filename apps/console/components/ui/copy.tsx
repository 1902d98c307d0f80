'use client'
import { Check, Copy as CopyIcon } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { copyText } from '../../lib/copy-text.ts'
import { IconButton } from './button.tsx'

/** Copies a text; says so in its own place. */
export function Copy({ text, label }: { text: string | (() => string); label?: string }) {
  const t = useTranslations('frame')
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    if (!(await copyText(typeof text === 'string' ? text : text()))) return
    setCopied(true)
    setTimeout(setCopied, 1_500, false)
  }
  return (
    <IconButton small label={copied ? t('copied') : (label ?? t('copy'))} onClick={copy} className="text-muted">
      {copied ? <Check size={14} strokeWidth={1.75} /> : <CopyIcon size={14} strokeWidth={1.75} />}
    </IconButton>
  )
}
