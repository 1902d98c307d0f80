'use client'
import { useTranslations } from 'next-intl'

/** The page itself, where the keyboard begins after the frame. */
export const CONTENT_ID = 'content'

/** The first stop of Tab: past the places and the bar, into the page. Seen only while it has the focus. */
export function SkipLink() {
  const t = useTranslations('frame')
  return (
    <a
      href={`#${CONTENT_ID}`}
      // The address says what is shown: it is left as it is.
      onClick={(event) => {
        event.preventDefault()
        document.getElementById(CONTENT_ID)?.focus()
      }}
      className="floating fixed top-1 left-1 z-50 px-3 py-1.5 font-strong text-accent not-focus:sr-only"
    >
      {t('skip')}
    </a>
  )
}
