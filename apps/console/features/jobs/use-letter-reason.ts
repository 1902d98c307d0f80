'use client'
import { useTranslations } from 'next-intl'
import type { Job } from './outputs.ts'

/** Why a letter or a job goes no further, in the language of the page; what somebody else said (`why` null) as it was said. */
export function useLetterReason(): (reason: string | null, why: Job['why']) => string | null {
  const t = useTranslations('jobs')
  return (reason, why) => (why === null ? reason : t(`reason.${why.code}`, why.values))
}
