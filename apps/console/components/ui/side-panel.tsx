'use client'
import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type KeyboardEvent, type PointerEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { IconButton } from './button.tsx'
import { CoveringBelow } from './query-error.tsx'
import { useCovering } from './use-covering.ts'

const WIDTH_MIN = 320
const WIDTH_STEP = 24
/** `lg`: narrower pages are covered by it. */
const COVERS_BELOW = 1024

/**
 * What belongs to the chosen row, beside the table; its width is remembered. Below 1024 px it covers the page, and has the focus.
 * Escape closes it, and the focus is on the row then. The page gives `key`s to its content, so that J and K walk rows without closing it.
 */
export function SidePanel(props: { title: ReactNode; onClose(): void; actions?: ReactNode; children: ReactNode }) {
  const { title, onClose, actions, children } = props
  const t = useTranslations('frame')
  const [width, setWidth] = useState(440)
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    const kept = Number(localStorage.getItem('side-panel-width'))
    if (kept >= WIDTH_MIN) setWidth(Math.min(kept, window.innerWidth * 0.7))
  }, [])
  const uncover = useCovering(panel, COVERS_BELOW)
  const close = useCallback(() => {
    uncover()
    giveFocusBack(panel.current)
    onClose()
  }, [uncover, onClose])
  useEffect(() => {
    const onEscape = (event: globalThis.KeyboardEvent) => {
      const floating = document.querySelector('[role="menu"]:popover-open, dialog[open]')
      if (event.key === 'Escape' && !event.defaultPrevented && floating === null) close()
    }
    document.addEventListener('keydown', onEscape)
    return () => document.removeEventListener('keydown', onEscape)
  }, [close])
  const resize = (next: number) => {
    const bounded = Math.round(Math.min(Math.max(next, WIDTH_MIN), window.innerWidth * 0.7))
    setWidth(bounded)
    localStorage.setItem('side-panel-width', String(bounded))
  }
  const drag = (event: PointerEvent<HTMLElement>) => {
    if (event.buttons === 1) resize((panel.current?.getBoundingClientRect().right ?? window.innerWidth) - event.clientX)
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') resize(width + WIDTH_STEP)
    if (event.key === 'ArrowRight') resize(width - WIDTH_STEP)
  }
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={typeof title === 'string' ? title : t('details')}
      style={{ width }}
      className="relative flex min-h-0 shrink-0 flex-col border-l bg-panel max-lg:fixed max-lg:inset-0 max-lg:z-20 max-lg:!w-auto max-lg:border-l-0 max-lg:outline-none"
    >
      {/* biome-ignore lint/a11y/useSemanticElements: an hr cannot be focused and moved. */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={t('resizePanel')}
        aria-valuenow={width}
        aria-valuemin={WIDTH_MIN}
        tabIndex={0}
        className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize hover:bg-accent-soft max-lg:hidden"
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={keys}
      />
      <header className="flex min-h-10 items-center gap-1 border-b py-1 pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate text-heading">{title}</h2>
        {actions}
        <IconButton label={t('close')} onClick={close}>
          <X size={16} strokeWidth={1.75} />
        </IconButton>
      </header>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <CoveringBelow width={COVERS_BELOW}>{children}</CoveringBelow>
      </div>
    </aside>
  )
}

/** To the row that the panel is of, from the panel, from another row, or where nothing has the focus; not out of a field. */
function giveFocusBack(panel: HTMLElement | null): void {
  const here = document.activeElement
  const isOurs = here === null || here === document.body || panel?.contains(here) || here.matches('tr[data-row]')
  if (isOurs) document.querySelector<HTMLElement>('tr[data-row][aria-current]')?.focus({ preventScroll: true })
}
