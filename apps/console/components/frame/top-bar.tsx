'use client'
import { useMutation } from '@tanstack/react-query'
import {
  Check,
  ChevronsUpDown,
  Clock,
  Languages,
  Lock,
  Menu as MenuIcon,
  Moon,
  Search,
  Sun,
  SunMoon,
  UserRound,
} from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import { href } from '../../lib/href.ts'
import { keepPreference, locales, type Theme, themes } from '../../lib/preferences.ts'
import { chooseTheme, useTheme } from '../../lib/theme.ts'
import { zoneLabel } from '../../lib/times.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useZone } from '../../lib/zone.tsx'
import { Badge } from '../ui/badge.tsx'
import { IconButton } from '../ui/button.tsx'
import { Menu, MenuChoice, MenuItem, MenuLine, MenuLink, MenuTitle } from '../ui/menu.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { openPalette } from './palette-state.ts'
import { RailContent } from './rail.tsx'
import type { ClusterEntry, ShellData } from './shell.tsx'
import { ZonePicker } from './zone-picker.tsx'

/** One line of 40 px: which cluster, what is special about it, search, and the matters of taste. */
export function TopBar({ cluster, clusters, me, preferences }: ShellData) {
  const t = useTranslations('frame')
  const [railOpen, setRailOpen] = useState(false)
  const here = clusters.find(({ id }) => id === cluster)
  return (
    <header className="flex h-10 shrink-0 items-center gap-1 border-b bg-page pr-3 pl-4 max-md:pl-1 max-sm:pr-1">
      <span className="md:hidden">
        <IconButton label={t('rail.open')} onClick={() => setRailOpen(true)}>
          <MenuIcon size={16} strokeWidth={1.75} />
        </IconButton>
      </span>
      <Sheet open={railOpen} onOpenChange={setRailOpen} label={t('rail.label')} side="left">
        <RailContent cluster={cluster} narrow={false} onGo={() => setRailOpen(false)} />
      </Sheet>
      <Menu
        align="start"
        className="min-w-0"
        trigger={
          <>
            <span className="sr-only">{t('cluster')}</span>
            <span className="min-w-0 max-w-48 truncate max-sm:max-w-24">{here?.name ?? cluster}</span>
            <ChevronsUpDown size={14} strokeWidth={1.75} className="shrink-0 text-muted" aria-hidden />
          </>
        }
      >
        <MenuTitle>{t('clusters')}</MenuTitle>
        {clusters.map(({ id, name }) => (
          <MenuLink
            key={id}
            href={href.overview(id)}
            icon={<Check size={14} className={id === cluster ? '' : 'invisible'} aria-hidden />}
          >
            {name}
          </MenuLink>
        ))}
      </Menu>
      {here?.environment && (
        <span
          className="max-w-40 truncate rounded-[4px] border px-1.5 text-meta max-sm:hidden"
          style={{ borderColor: here.environment.color }}
        >
          {here.environment.name}
        </span>
      )}
      {here?.isReadOnly && (
        <Badge tip={t('readOnlyTip')}>
          <Lock size={12} strokeWidth={1.75} aria-hidden />
          {t('readOnly')}
        </Badge>
      )}
      <button
        type="button"
        onClick={openPalette}
        className="mx-auto flex h-7 min-w-0 max-w-96 flex-1 items-center gap-2 rounded-control border bg-panel px-2.5 text-muted hover:border-line-strong max-sm:mx-1 max-sm:max-w-9 max-sm:flex-none"
        aria-label={t('search')}
      >
        <Search size={14} strokeWidth={1.75} aria-hidden className="shrink-0" />
        <span className="min-w-0 flex-1 truncate text-left max-sm:hidden">{t('search')}</span>
        <kbd className="font-sans text-meta max-md:hidden">⌘K</kbd>
      </button>
      <ZoneMenu kept={preferences.zone} />
      <ThemeMenu theme={preferences.theme} />
      <LocaleMenu />
      <UserMenu me={me} here={here} />
    </header>
  )
}

function ZoneMenu({ kept }: { kept: string }) {
  const t = useTranslations('frame')
  const zone = useZone()
  const router = useRouter()
  const [picking, setPicking] = useState(false)
  const choose = (value: string) => {
    keepPreference('zone', value)
    router.refresh()
  }
  return (
    <>
      <Menu
        label={t('zone.label')}
        trigger={
          <>
            <Clock size={16} strokeWidth={1.75} className="sm:hidden" aria-hidden />
            <span className="max-w-36 truncate max-sm:sr-only" suppressHydrationWarning>
              {zoneLabel(zone, Date.now())}
            </span>
          </>
        }
      >
        <MenuChoice chosen={kept === 'UTC'} onSelect={() => choose('UTC')}>
          UTC
        </MenuChoice>
        <MenuChoice
          chosen={kept.startsWith('local:')}
          onSelect={() => choose(`local:${Intl.DateTimeFormat().resolvedOptions().timeZone}`)}
        >
          {t('zone.local')}
        </MenuChoice>
        {kept !== 'UTC' && !kept.startsWith('local:') && (
          <MenuChoice chosen onSelect={() => {}}>
            {kept}
          </MenuChoice>
        )}
        <MenuLine />
        <MenuItem onSelect={() => setPicking(true)}>{t('zone.other')}</MenuItem>
      </Menu>
      <ZonePicker open={picking} onOpenChange={setPicking} onChoose={choose} />
    </>
  )
}

function ThemeMenu({ theme: kept }: { theme: Theme }) {
  const t = useTranslations('frame')
  const theme = useTheme(kept)
  const Icon = theme === 'light' ? Sun : theme === 'dark' ? Moon : SunMoon
  return (
    <Menu label={t('theme.label')} trigger={<Icon size={16} strokeWidth={1.75} aria-hidden />}>
      {themes.map((one) => (
        <MenuChoice key={one} chosen={one === theme} onSelect={() => chooseTheme(one)}>
          {t(`theme.${one}`)}
        </MenuChoice>
      ))}
    </Menu>
  )
}

function LocaleMenu() {
  const t = useTranslations('frame')
  const locale = useLocale()
  const router = useRouter()
  return (
    <Menu label={t('language')} trigger={<Languages size={16} strokeWidth={1.75} aria-hidden />}>
      {locales.map((one) => (
        <MenuChoice
          key={one}
          chosen={one === locale}
          onSelect={() => {
            keepPreference('locale', one)
            router.refresh()
          }}
        >
          {one === 'en' ? 'English' : '中文'}
        </MenuChoice>
      ))}
    </Menu>
  )
}

function UserMenu({ me, here }: { me: ShellData['me']; here: ClusterEntry | undefined }) {
  const t = useTranslations('frame')
  const trpc = useTRPC()
  const logout = useMutation(
    trpc.session.logout.mutationOptions({ onSettled: () => location.assign(href.login(location.pathname)) }),
  )
  return (
    <Menu label={t('user.label')} trigger={<UserRound size={16} strokeWidth={1.75} aria-hidden />}>
      <MenuTitle>{me.name ?? t('user.open')}</MenuTitle>
      {me.kind === 'open' && <p className="max-w-64 px-2 pb-2 text-meta text-muted">{t('user.openAbout')}</p>}
      {here !== undefined && me.kind !== 'open' && (
        <p className="px-2 pb-1 text-meta text-muted">
          {t(`user.role.${here.role}`)}
          {here.payloads ? '' : ` · ${t('user.noPayloads')}`}
        </p>
      )}
      <MenuLine />
      <MenuItem onSelect={() => document.dispatchEvent(new Event('odradek:shortcuts'))}>
        {t('shortcuts.title')}
      </MenuItem>
      {me.kind !== 'open' && <MenuItem onSelect={() => logout.mutate()}>{t('user.logout')}</MenuItem>}
    </Menu>
  )
}
