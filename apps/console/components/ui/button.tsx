'use client'
import Link from 'next/link'
import type { ButtonHTMLAttributes, MouseEvent, ReactNode } from 'react'
import { cn } from '../../lib/cn.ts'

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'wrong'

/** The look of a button, for what is one by its role but not by its element. */
export function buttonClass(kind: ButtonKind = 'plain', small = false): string {
  return cn(
    'inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-control border font-strong',
    small ? 'h-6 px-2 text-meta' : 'h-8 px-3 max-sm:h-9',
    'aria-disabled:cursor-not-allowed aria-disabled:border-line aria-disabled:bg-sunken aria-disabled:text-muted',
    kind === 'primary' && 'border-transparent bg-accent text-on-accent hover:bg-accent-strong',
    kind === 'plain' && 'border-line bg-panel text-text hover:border-line-strong hover:bg-hover',
    kind === 'quiet' && 'border-transparent bg-transparent text-text hover:bg-hover',
    kind === 'wrong' && 'border-transparent bg-wrong text-on-wrong hover:bg-wrong-strong',
  )
}

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  kind?: ButtonKind
  small?: boolean
  /** Why it cannot be pressed; said on hover and focus, and to screen readers. The button stays where it is. */
  disabledReason?: string | undefined
  /** What it is doing now, which also keeps a double click from doing it twice. */
  busy?: boolean
}

/** A button that does something here. One that goes somewhere is a `ButtonLink`. */
export function Button({
  kind,
  small,
  disabledReason,
  busy = false,
  className,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const inert = disabledReason !== undefined || busy
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (inert) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={inert || undefined}
      aria-description={disabledReason}
      aria-busy={busy || undefined}
      data-tip={disabledReason ?? (rest as { 'data-tip'?: string })['data-tip']}
      className={cn(buttonClass(kind, small), busy && 'opacity-70', className)}
      onClick={press}
    >
      {children}
    </button>
  )
}

/** A link that looks like a button. */
export function ButtonLink(props: {
  href: string
  kind?: ButtonKind
  small?: boolean
  className?: string
  children: ReactNode
}) {
  const { href, kind, small, className, children } = props
  return (
    <Link href={href} prefetch={false} className={cn(buttonClass(kind, small), className)}>
      {children}
    </Link>
  )
}

/** A square button with only an icon; its label is its name and its tooltip. */
export function IconButton({
  label,
  className,
  kind = 'quiet',
  small = false,
  ...rest
}: ButtonProps & { label: string }) {
  return (
    <Button
      {...rest}
      kind={kind}
      small={small}
      aria-label={label}
      data-tip={label}
      className={cn(small ? 'w-6 !px-0' : 'w-8 !px-0 max-sm:w-9', className)}
    />
  )
}
