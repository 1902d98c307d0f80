'use client'
import { Menu as Base } from '@base-ui/react/menu'
import { Check } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'
import { buttonClass } from './button.tsx'

const itemClass =
  'flex min-h-7 w-full select-none items-center gap-2 rounded-[4px] px-2 py-1 text-left outline-none data-[highlighted]:bg-hover data-[disabled]:text-muted max-sm:min-h-9'

interface MenuProps {
  /** What stands on the trigger. */
  trigger: ReactNode
  /** The trigger's name, where `trigger` is only an icon. */
  label?: string
  align?: 'start' | 'center' | 'end'
  className?: string
  children: ReactNode
}

/** A menu on a button. Its children are `MenuItem`, `MenuChoice`, `MenuLink` and `MenuLine`. */
export function Menu({ trigger, label, align = 'end', className, children }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger aria-label={label} data-tip={label} className={cn(buttonClass('quiet'), '!px-2', className)}>
        {trigger}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-40 outline-none">
          <Base.Popup className="appear max-h-[70vh] min-w-44 max-w-80 overflow-y-auto rounded-panel border border-line bg-panel p-1 shadow-float outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
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
  return (
    <Base.Item
      className={cn(itemClass, wrong && 'text-wrong')}
      disabled={disabledReason !== undefined}
      onClick={onSelect}
    >
      {icon}
      <span className="min-w-0 flex-1">
        {children}
        {disabledReason !== undefined && <span className="block text-meta text-muted">{disabledReason}</span>}
      </span>
    </Base.Item>
  )
}

/** One of several, with a mark at the one that holds. */
export function MenuChoice({ chosen, onSelect, children }: { chosen: boolean; onSelect(): void; children: ReactNode }) {
  return (
    <Base.CheckboxItem className={itemClass} checked={chosen} onCheckedChange={onSelect} closeOnClick>
      <Check size={14} strokeWidth={1.75} className={cn(!chosen && 'invisible')} aria-hidden />
      <span className="min-w-0 flex-1 break-words">{children}</span>
    </Base.CheckboxItem>
  )
}

export function MenuLink({ href, icon, children }: { href: string; icon?: ReactNode; children: ReactNode }) {
  return (
    <Base.LinkItem className={itemClass} render={<Link href={href} prefetch={false} />} closeOnClick>
      {icon}
      <span className="min-w-0 flex-1 break-words">{children}</span>
    </Base.LinkItem>
  )
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <div className="px-2 py-1 text-meta text-muted">{children}</div>
}
