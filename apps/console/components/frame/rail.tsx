'use client'
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { cn } from '../../lib/cn.ts'
import { keepPreference } from '../../lib/preferences.ts'
import { AlertMark } from './alert-mark.tsx'
import { DeadLetterMark } from './dead-letter-mark.tsx'
import { Logo } from './logo.tsx'
import { places } from './navigation.ts'

/** The rail at the left edge: icons with labels, or icons alone; below 768 px it is the content of a sheet. */
export function Rail({ cluster, width }: { cluster: string; width: 'wide' | 'narrow' }) {
  const t = useTranslations('frame')
  const [narrow, setNarrow] = useState(width === 'narrow')
  const toggle = () => {
    keepPreference('rail', narrow ? 'wide' : 'narrow')
    setNarrow(!narrow)
  }
  const Icon = narrow ? PanelLeftOpen : PanelLeftClose
  return (
    <div className={cn('flex shrink-0 flex-col border-r bg-sunken max-md:hidden', narrow ? 'w-14' : 'w-52')}>
      <RailContent cluster={cluster} narrow={narrow} />
      <button
        type="button"
        onClick={toggle}
        aria-label={narrow ? t('rail.widen') : t('rail.narrow')}
        data-tip={narrow ? t('rail.widen') : t('rail.narrow')}
        className="m-2 flex h-8 items-center justify-center rounded-control text-muted hover:bg-hover hover:text-text"
      >
        <Icon size={16} strokeWidth={1.75} />
      </button>
    </div>
  )
}

/** The places, as the rail and the sheet show them. */
export function RailContent(props: { cluster: string; narrow: boolean; onGo?: () => void }) {
  const { cluster, narrow, onGo } = props
  const t = useTranslations('frame')
  const path = usePathname()
  return (
    <>
      <Link
        href={`/${encodeURIComponent(cluster)}`}
        onClick={onGo}
        aria-label="Odradek"
        className="flex h-10 items-center gap-2 px-4"
      >
        <Logo />
        {!narrow && <span className="font-strong text-heading">Odradek</span>}
      </Link>
      <nav aria-label={t('rail.label')} className="flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto p-2">
        {places.map(({ id, icon: Icon, href }) => {
          const target = href(cluster)
          const here = id === 'overview' ? path === target : path === target || path.startsWith(`${target}/`)
          return (
            <Link
              key={id}
              href={target}
              onClick={onGo}
              aria-current={here ? 'page' : undefined}
              aria-label={narrow ? t(`place.${id}`) : undefined}
              data-tip={narrow ? t(`place.${id}`) : undefined}
              className={cn(
                'relative flex h-8 items-center whitespace-nowrap gap-2.5 rounded-control px-2.5 max-md:h-10',
                here ? 'bg-panel font-strong text-text' : 'text-muted hover:bg-hover hover:text-text',
              )}
            >
              <Icon size={16} strokeWidth={1.75} aria-hidden className={cn('shrink-0', here && 'text-accent')} />
              {!narrow && t(`place.${id}`)}
              {id === 'deadLetters' && <DeadLetterMark cluster={cluster} narrow={narrow} />}
              {id === 'alerts' && <AlertMark cluster={cluster} narrow={narrow} />}
            </Link>
          )
        })}
      </nav>
    </>
  )
}
