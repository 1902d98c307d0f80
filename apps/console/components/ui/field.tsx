'use client'
import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from 'react'
import { cn } from '../../lib/cn.ts'

/**
 * A labelled control with its hint and its error. The control is given by a function, so that it gets the id and what describes it:
 * `<Field label="Name">{(props) => <Input {...props} value={…} />}</Field>`.
 */
export function Field(props: {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
  className?: string
  children(props: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }): ReactNode
}) {
  const { label, hint, error, className, children } = props
  const id = useId()
  const describes = hint !== undefined || error !== undefined
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="font-strong">
        {label}
      </label>
      {children({
        id,
        'aria-describedby': describes ? `${id}-about` : undefined,
        'aria-invalid': error !== undefined ? true : undefined,
      })}
      {describes && (
        <div id={`${id}-about`} className="text-meta">
          {error !== undefined && <div className="text-wrong">{error}</div>}
          {hint !== undefined && <div className="text-muted">{hint}</div>}
        </div>
      )}
    </div>
  )
}

const controlClass =
  'w-full min-w-0 rounded-control border border-line-strong bg-panel px-2.5 text-text placeholder:text-muted aria-[invalid]:border-wrong read-only:bg-sunken disabled:bg-sunken'

export function Input({
  className,
  mono = false,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { mono?: boolean }) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={cn(controlClass, 'h-8 max-sm:h-9 max-sm:text-[16px]', mono && 'font-mono', className)}
    />
  )
}

export function TextArea({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <textarea
      spellCheck={false}
      {...rest}
      className={cn(controlClass, 'min-h-20 py-1.5 font-mono max-sm:text-[16px]', className)}
    />
  )
}

/** A box to tick, with its words. */
export function Checkbox(props: {
  checked: boolean
  onChange(checked: boolean): void
  disabled?: boolean
  /** Where the words are not to be seen, as in a table's row. */
  label?: string
  children?: ReactNode
}) {
  const { checked, onChange, disabled, label, children } = props
  return (
    <label className={cn('inline-flex items-center gap-2 align-middle', disabled && 'text-muted')}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-label={label}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 shrink-0 accent-[var(--accent)]"
      />
      {children}
    </label>
  )
}
