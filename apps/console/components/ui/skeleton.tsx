import { cn } from '../../lib/cn.ts'

/** Where a value will stand, on first load only. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden
      data-skeleton
      className={cn('inline-block h-3 align-middle rounded-[3px] bg-hover', className ?? 'w-16')}
    />
  )
}
