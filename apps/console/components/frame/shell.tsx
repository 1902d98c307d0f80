'use client'
import type { FeatureName } from '@odradek/api'
import { skipToken, useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react'
import type { Preferences } from '../../lib/preferences.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { PALETTE_EVENT } from './palette-state.ts'
import { Rail } from './rail.tsx'
import { useShortcuts } from './shortcuts.ts'
import { CONTENT_ID, SkipLink } from './skip-link.tsx'
import { SlowAnswer } from './slow-answer.tsx'
import { TopBar } from './top-bar.tsx'
import { keepTyped, takeTyped } from './typed-ahead.ts'

const loadPalette = () => import('./palette.tsx')
const Palette = dynamic(async () => (await loadPalette()).Palette, { ssr: false })
const ShortcutList = dynamic(async () => (await import('./shortcut-list.tsx')).ShortcutList, { ssr: false })

export interface ClusterEntry {
  readonly id: string
  readonly name: string
  readonly bootstrap: readonly string[]
  readonly environment: { readonly name: string; readonly color: string } | null
  readonly isReadOnly: boolean
  readonly role: 'viewer' | 'operator' | 'admin'
  readonly payloads: boolean
  /** Whether they may send a message again with other words than it had. */
  readonly edit: boolean
}

export interface Me {
  readonly name: string | null
  readonly kind: 'open' | 'anonymous' | 'local' | 'oidc'
}

export interface ShellData {
  readonly cluster: string
  readonly clusters: readonly ClusterEntry[]
  readonly me: Me
  readonly preferences: Preferences
}

/** A cluster learns something new only when it is upgraded. */
const FEATURES_MS = 300_000

const ShellContext = createContext<ShellData | null>(null)

/** The cluster's id and brokers, who asks, and the clusters there are. */
export function useShell(): ShellData & { readonly bootstrap: readonly string[] } {
  const shell = useContext(ShellContext)
  if (shell === null) throw new Error('useShell is for what stands inside the frame')
  return { ...shell, bootstrap: shell.clusters.find(({ id }) => id === shell.cluster)?.bootstrap ?? [] }
}

/**
 * Why something may not be done here: the role, read-only mode, or what the cluster lacks; undefined where it may. The server has the
 * same rule.
 */
export function useForbidden(
  needs: 'operate' | 'administer' | 'payloads' | 'edit',
  feature?: FeatureName,
): string | undefined {
  const t = useTranslations('frame')
  const trpc = useTRPC()
  const { cluster, clusters } = useShell()
  const features = useQuery(
    trpc.clusters.features.queryOptions(feature === undefined ? skipToken : { cluster }, { staleTime: FEATURES_MS }),
  )
  const lacking = feature === undefined ? null : (features.data?.[feature].reason ?? null)
  const here = clusters.find(({ id }) => id === cluster)
  if (here === undefined) return undefined
  if (needs === 'payloads') return here.payloads ? undefined : t('forbidden.payloads')
  if (here.isReadOnly) return t('forbidden.readOnly')
  if (needs === 'edit') return here.edit ? undefined : t('forbidden.edit')
  if (lacking !== null) return t('forbidden.unsupported', { reason: lacking })
  const may = here.role === 'admin' || (needs === 'operate' && here.role === 'operator')
  return may ? undefined : t('forbidden.role', { role: t(`user.role.${needs === 'operate' ? 'operator' : 'admin'}`) })
}

/** The frame around every page of a cluster: rail, top bar, palette, keyboard. */
export function Shell({ children, ...data }: ShellData & { children: ReactNode }) {
  const [palette, setPalette] = useState<'never' | 'open' | 'closed'>('never')
  const isOpen = useRef(false)
  const [shortcuts, setShortcuts] = useState(false)
  useShortcuts(
    data.cluster,
    useCallback(() => setShortcuts(true), []),
  )
  useEffect(() => {
    // For those who must not press before anything listens: tests.
    document.documentElement.dataset.ready = 'true'
    const openPalette = () => {
      if (isOpen.current) return
      isOpen.current = true
      // Nobody waits for it before typing.
      keepTyped()
      loadPalette().catch(() => {
        isOpen.current = false
        takeTyped()
      })
      setPalette('open')
    }
    const openShortcuts = () => setShortcuts(true)
    // The first half of ⌘K: by the second, the palette may be there already.
    const prepare = (event: KeyboardEvent) => {
      if (event.key === 'Meta' || event.key === 'Control') void loadPalette()
    }
    document.addEventListener('keydown', prepare)
    document.addEventListener(PALETTE_EVENT, openPalette)
    document.addEventListener('odradek:shortcuts', openShortcuts)
    return () => {
      document.removeEventListener('keydown', prepare)
      document.removeEventListener(PALETTE_EVENT, openPalette)
      document.removeEventListener('odradek:shortcuts', openShortcuts)
      takeTyped()
    }
  }, [])
  return (
    <ShellContext value={data}>
      <SkipLink />
      <div className="flex h-dvh min-w-0">
        <Rail cluster={data.cluster} width={data.preferences.rail} />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar {...data} />
          <SlowAnswer />
          <main
            id={CONTENT_ID}
            tabIndex={-1}
            className="flex min-h-0 min-w-0 flex-1 flex-col overflow-y-auto outline-none"
          >
            {children}
          </main>
        </div>
      </div>
      {palette !== 'never' && (
        <Palette
          open={palette === 'open'}
          onOpenChange={(open) => {
            isOpen.current = open
            setPalette(open ? 'open' : 'closed')
          }}
        />
      )}
      {shortcuts && <ShortcutList onClose={() => setShortcuts(false)} />}
    </ShellContext>
  )
}
