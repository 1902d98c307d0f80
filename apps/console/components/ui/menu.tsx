'use client'
import { Check } from 'lucide-react'
import Link from 'next/link'
import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { cn } from '../../lib/cn.ts'
import { buttonClass } from './button.tsx'

const itemClass =
  'flex min-h-7 w-full select-none items-center gap-2 rounded-[4px] px-2 py-1 text-left outline-none focus:bg-hover hover:bg-hover aria-disabled:text-muted max-sm:min-h-9'

const CloseMenu = createContext<() => void>(() => {})

interface MenuProps {
  /** What stands on the trigger. */
  trigger: ReactNode
  /** The trigger's name, where `trigger` is only an icon. */
  label?: string
  align?: 'start' | 'end'
  className?: string
  children: ReactNode
}

/** A menu on a button, in the browser's top layer. Its children are `MenuItem`, `MenuChoice`, `MenuLink` and `MenuLine`. */
export function Menu({ trigger, label, align = 'end', className, children }: MenuProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const popup = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    const element = popup.current
    if (element === null) return
    const toggled = (event: Event) => setOpen((event as ToggleEvent).newState === 'open')
    element.addEventListener('toggle', toggled)
    return () => element.removeEventListener('toggle', toggled)
  }, [])
  useLayoutEffect(() => {
    const element = popup.current
    const anchor = button.current?.getBoundingClientRect()
    if (!open || element === null || anchor === undefined) return
    const { width, height } = element.getBoundingClientRect()
    const left = align === 'start' ? anchor.left : anchor.right - width
    const below = anchor.bottom + 4
    const top = below + height > window.innerHeight - 8 ? Math.max(8, anchor.top - height - 4) : below
    element.style.left = `${Math.round(Math.min(Math.max(8, left), window.innerWidth - width - 8))}px`
    element.style.top = `${Math.round(top)}px`
    itemsOf(element)[0]?.focus()
  }, [open, align])
  const close = () => popup.current?.hidePopover()
  const keys = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = itemsOf(event.currentTarget)
    const at = items.indexOf(document.activeElement as HTMLElement)
    const next = nextOf(event.key, at, items.length)
    if (event.key === 'Tab') close()
    if (next === null) return
    event.preventDefault()
    items[next]?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        popoverTarget={id}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        data-tip={open ? undefined : label}
        className={cn(buttonClass('quiet'), '!px-2', className)}
      >
        {trigger}
      </button>
      <div
        ref={popup}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        onKeyDown={keys}
        className={cn('floating fixed m-0 max-h-[70vh] min-w-44 max-w-80 overflow-y-auto p-1', !open && 'invisible')}
      >
        <CloseMenu value={close}>{open && children}</CloseMenu>
      </div>
    </>
  )
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return Array.from(menu.querySelectorAll<HTMLElement>('[role^="menuitem"]'))
}

function nextOf(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % count
    case 'ArrowUp':
      return (at - 1 + count) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}

interface MenuItemProps {
  onSelect(): void
  icon?: ReactNode
  /** Why it cannot be chosen; stands under its words. */
  disabledReason?: string | undefined
  wrong?: boolean
  children: ReactNode
}

export function MenuItem({ onSelect, icon, disabledReason, wrong = false, children }: MenuItemProps) {
  const close = useContext(CloseMenu)
  const choose = () => {
    if (disabledReason !== undefined) return
    close()
    onSelect()
  }
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      aria-disabled={disabledReason !== undefined || undefined}
      className={cn(itemClass, wrong && 'text-wrong')}
      onClick={choose}
    >
      {icon}
      <span className="min-w-0 flex-1">
        {children}
        {disabledReason !== undefined && <span className="block text-meta text-muted">{disabledReason}</span>}
      </span>
    </button>
  )
}

/** One of several, with a mark at the one that holds. */
export function MenuChoice(props: { chosen: boolean; onSelect(): void; children: ReactNode }) {
  const { chosen, onSelect, children } = props
  const close = useContext(CloseMenu)
  const choose = () => {
    close()
    onSelect()
  }
  return (
    <button
      type="button"
      role="menuitemcheckbox"
      aria-checked={chosen}
      tabIndex={-1}
      className={itemClass}
      onClick={choose}
    >
      <Check size={14} strokeWidth={1.75} className={cn(!chosen && 'invisible')} aria-hidden />
      <span className="min-w-0 flex-1 break-words">{children}</span>
    </button>
  )
}

export function MenuLink({ href, icon, children }: { href: string; icon?: ReactNode; children: ReactNode }) {
  const close = useContext(CloseMenu)
  return (
    <Link href={href} prefetch={false} role="menuitem" tabIndex={-1} className={itemClass} onClick={close}>
      {icon}
      <span className="min-w-0 flex-1 break-words">{children}</span>
    </Link>
  )
}

export function MenuLine() {
  return <hr className="my-1 border-line" />
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <div className="px-2 py-1 text-meta text-muted">{children}</div>
}
