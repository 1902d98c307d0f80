'use client'
import { useTranslations } from 'next-intl'
import { Copy } from '../../components/ui/copy.tsx'
import { Time } from '../../components/ui/time.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import { durationText } from '../../lib/numbers.ts'
import type { LetterMeaning } from './outputs.ts'

/** Each failure with its time, who reported it and what it said; the waits between them; at the end why there was no further try. */
export function Attempts({ meaning }: { meaning: LetterMeaning }) {
  const t = useTranslations('deadLetters')
  const reasonWords = useReasonWords()
  const { attempts, error, reason, origin, retries } = meaning
  return (
    <div className="overflow-y-auto px-4 py-3">
      {attempts.length === 0 && (
        <p className="pb-3 text-muted">
          {retries === 0 ? t('attempt.untold') : t('attempt.counted', { count: retries + 1 })}
        </p>
      )}
      <ol className="flex flex-col border-l pl-4">
        {origin !== null && origin.timestampMs >= 0 && (
          <li className="relative pb-3">
            <Dot />
            <span className="text-muted">{t('attempt.produced')}</span> <Time at={origin.timestampMs} form="ms" />
          </li>
        )}
        {attempts.map((attempt, at) => {
          const before = attempts[at - 1]
          const number = Math.max(0, retries + 1 - attempts.length) + at + 1
          return (
            <li key={`${attempt.time} ${at}`} className="relative pb-3">
              <Dot wrong />
              <div className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-strong">{t('attempt.number', { number })}</span>
                <Time at={attempt.time} form="ms" />
                {before !== undefined && (
                  <span className="text-meta text-muted">
                    {t('attempt.after', { duration: durationText(attempt.time - before.time) })}
                  </span>
                )}
              </div>
              <div className="text-meta text-muted">
                {[attempt.client, attempt.host].filter(Boolean).join(' · ') || t('attempt.unknownMember')}
              </div>
              {attempt.error !== null && <ErrorText text={attempt.error} />}
            </li>
          )
        })}
        {reason !== null && (
          <li className="relative pb-1">
            <Dot wrong />
            <span className="font-strong">{t('attempt.givenUp')}</span>{' '}
            <span className="break-words">{reasonWords(reason)}</span>
          </li>
        )}
      </ol>
      {error !== null && (
        <section aria-label={t('attempt.error')} className="mt-3 flex flex-col gap-1">
          <h3 className="flex items-center gap-2 font-strong">
            {t('attempt.error')}
            <Copy text={[error.className, error.message, error.stack].filter(Boolean).join('\n')} />
          </h3>
          <p className="break-words font-mono text-meta">
            {[error.className, error.message].filter(Boolean).join(': ')}
          </p>
          {error.stack !== null && <Stack text={error.stack} />}
        </section>
      )}
    </div>
  )
}

/** The first line; the rest unfolds. */
function ErrorText({ text }: { text: string }) {
  const [head = '', ...rest] = text.split('\n')
  return (
    <>
      <p className="break-words font-mono text-meta">{head}</p>
      {rest.length > 0 && <Stack text={rest.join('\n')} />}
    </>
  )
}

function Stack({ text }: { text: string }) {
  const t = useTranslations('deadLetters')
  return (
    <details>
      <summary className="text-meta text-muted">{t('attempt.stack')}</summary>
      <pre className="mt-1 overflow-x-auto rounded-control border bg-sunken p-2 font-mono text-meta" tabIndex={-1}>
        {text}
      </pre>
    </details>
  )
}

function Dot({ wrong = false }: { wrong?: boolean }) {
  return (
    <span
      aria-hidden
      className={`absolute top-1.5 -left-[21px] size-2 rounded-full border-2 ${wrong ? 'border-wrong bg-panel' : 'border-line-strong bg-panel'}`}
    />
  )
}
