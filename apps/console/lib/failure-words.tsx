'use client'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { ApiError } from './api-error.ts'
import { type FailureNames, failureTeller } from './failure-teller.ts'
import { reasonTeller } from './reason-words.ts'

type Words = Readonly<Record<string, string>>

interface Told {
  readonly words: Words
  readonly reasons: Words
  readonly names: FailureNames | undefined
}

const Known = createContext<Told>({ words: {}, reasons: {}, names: undefined })

/**
 * What failures are told in: errors by code, reasons by their English sentence, in which `{name}` stands for one word and `{text}`
 * for another reason, the API's own names by these. What has no words here is told as the API tells it.
 */
export function FailureWords(props: { words?: Words; reasons?: Words; names?: FailureNames; children: ReactNode }) {
  const { words = NONE, reasons = NONE, names, children } = props
  const known = useMemo(() => ({ words, reasons, names }), [words, reasons, names])
  return <Known value={known}>{children}</Known>
}

const NONE: Words = {}

/** The error in the language of the page; details to be copied keep the API's own words. */
export function useFailureWords(): (error: ApiError) => ApiError {
  const { words, reasons, names } = useContext(Known)
  return useMemo(() => failureTeller(words, reasons, names), [words, reasons, names])
}

/** A reason that a broker or the API gives, in the language of the page. */
export function useReasonWords(): (reason: string) => string {
  const { reasons } = useContext(Known)
  return useMemo(() => reasonTeller(reasons), [reasons])
}
