'use client'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { CommandLine } from './command-line.tsx'
import { Skeleton } from './skeleton.tsx'

/**
 * A plan: left the question, right the consequence, live, with a sentence on top that could be read out over the phone, the act beside
 * it, and the command that does the same. What is not known yet has its place, so that nothing moves under the hand when it comes.
 */
export function PlanLayout(props: {
  question: ReactNode
  sentence: ReactNode
  acts: ReactNode
  /** Undefined: it is being planned; null: there is none. */
  command: string | null | undefined
  /** Between the sentence and the command: who is in the way. */
  notes?: ReactNode
  /** Under the command: what went wrong. */
  errors?: ReactNode
  /** The plan in full. */
  children: ReactNode
}) {
  const frame = useTranslations('frame')
  const { command } = props
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[320px_minmax(0,1fr)] max-lg:flex max-lg:flex-col max-lg:overflow-y-auto">
      <div className="flex min-h-0 flex-col gap-5 overflow-y-auto border-r px-6 py-4 max-lg:shrink-0 max-lg:overflow-visible max-lg:border-r-0 max-lg:border-b max-sm:px-4">
        {props.question}
      </div>
      <div className="flex min-h-0 min-w-0 flex-col">
        <div className="flex flex-col gap-3 border-b px-6 py-3 max-sm:px-4">
          <div className="flex flex-wrap items-center gap-3">
            <p
              aria-live="polite"
              className="min-h-10 min-w-0 flex-1 content-center break-words font-strong max-sm:min-h-20 max-sm:basis-full"
            >
              {props.sentence}
            </p>
            {props.acts}
          </div>
          {props.notes}
          {command === undefined ? (
            <div className="rounded-control border bg-sunken px-2.5 py-1.5">
              <Skeleton className="w-1/2" />
            </div>
          ) : (
            command !== null && <CommandLine label={frame('equivalent')} command={command} />
          )}
          {props.errors}
        </div>
        {props.children}
      </div>
    </div>
  )
}
