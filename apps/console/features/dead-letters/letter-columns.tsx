'use client'
import { useTranslations } from 'next-intl'
import { Exact, Unknown } from '../../components/ui/number.tsx'
import type { Column } from '../../components/ui/table.tsx'
import { Time } from '../../components/ui/time.tsx'
import { PayloadText } from '../messages/payload-text.tsx'
import { LetterStateBadge } from './letter-state.tsx'
import type { LetterMeaning, LetterRow } from './outputs.ts'

/** The columns of a topic's dead letters. */
export function useLetterColumns(): readonly Column<LetterRow>[] {
  const t = useTranslations('deadLetters')
  return [
    {
      id: 'failed',
      header: t('column.failed'),
      width: '176px',
      cell: (row) => <Time at={lastFailureMs(row.meaning) ?? row.timestamp} />,
    },
    {
      id: 'error',
      header: t('column.error'),
      width: '32%',
      cell: (row) => {
        const text = errorLine(row.meaning)
        if (text === null) return <Unknown />
        return (
          <span className="block min-w-0 truncate font-mono text-meta" title={text}>
            {text}
          </span>
        )
      },
    },
    {
      id: 'origin',
      header: t('column.origin'),
      width: '20%',
      cell: ({ meaning: { origin } }) =>
        origin === null ? (
          <span className="text-muted">{t('unknownOrigin')}</span>
        ) : (
          <span className="block min-w-0 truncate font-mono text-meta" title={originText(origin)}>
            {originText(origin)}
          </span>
        ),
    },
    { id: 'key', header: t('column.key'), cell: (row) => <PayloadText payload={row.key} /> },
    {
      id: 'attempts',
      header: t('column.attempts'),
      align: 'right',
      width: '80px',
      cell: ({ meaning }) => <Exact value={attemptsOf(meaning)} />,
    },
    { id: 'state', header: t('column.state'), width: '130px', cell: (row) => <LetterStateBadge state={row.state} /> },
  ]
}

/** How often it was tried, as far as that is told. */
export function attemptsOf({ attempts, retries }: LetterMeaning): number | null {
  return attempts.length === 0 && retries === 0 ? null : Math.max(attempts.length, retries + 1)
}

/** The class and first line of what went wrong, or else why it was given up. */
export function errorLine({ error, attempts, reason }: LetterMeaning): string | null {
  const line = (text: string) => text.split('\n', 1)[0] ?? ''
  if (error !== null) {
    const message = line(error.message)
    return message.startsWith(error.className) || error.className === message
      ? message
      : [error.className, message].filter(Boolean).join(': ')
  }
  const last = attempts.at(-1)?.error ?? reason
  return last === null ? null : line(last)
}

export function originText(origin: NonNullable<LetterMeaning['origin']>): string {
  const { topic, partition, offset } = origin
  return `${topic}${partition < 0 ? '' : `-${partition}`}${offset < 0 ? '' : `@${offset}`}`
}

function lastFailureMs({ attempts }: LetterMeaning): number | null {
  return attempts.at(-1)?.time ?? null
}
