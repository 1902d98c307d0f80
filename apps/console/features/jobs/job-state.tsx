'use client'
import { useTranslations } from 'next-intl'
import { Badge, type State } from '../../components/ui/badge.tsx'
import type { Job } from './outputs.ts'
import { useLetterReason } from './use-letter-reason.ts'

const looks: Readonly<Record<Job['state'], State>> = {
  ready: 'busy',
  running: 'busy',
  canary: 'busy',
  pausing: 'busy',
  paused: 'attention',
  stopped: 'wrong',
  cancelling: 'busy',
  cancelled: 'unknown',
  done: 'good',
}

/** How a job stands, in a word; one that ended with failures says so. */
export function JobState({ job }: { job: Job }) {
  const t = useTranslations('jobs')
  const tip = useLetterReason()(job.reason, job.why)
  const look = job.state === 'done' && job.failed > 0 ? 'attention' : looks[job.state]
  return (
    <Badge state={look} {...(tip !== null && { tip })}>
      {t(`state.${job.state}`)}
    </Badge>
  )
}
