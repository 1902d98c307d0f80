'use client'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { ApiError } from './api-error.ts'
import { failureTeller } from './failure-teller.ts'
import { reasonTeller } from './reason-words.ts'

type Words = Readonly<Record<string, string>>

const Known = createContext<{ readonly words: Words; readonly reasons: Words }>({ words: {}, reasons: {} })

/**
 * What failures are told in: errors by code, reasons by their English sentence, in which `{name}` stands for one word and `{text}`
 * for another reason. What has no words here is told as the API tells it.
 */
export function FailureWords(props: { words?: Words; reasons?: Words; children: ReactNode }) {
  const { words = NONE, reasons = NONE, children } = props
  const known = useMemo(() => ({ words, reasons }), [words, reasons])
  return <Known value={known}>{children}</Known>
}

const NONE: Words = {}

/** The error in the language of the page; details to be copied keep the API's own words. */
export function useFailureWords(): (error: ApiError) => ApiError {
  const { words, reasons } = useContext(Known)
  return useMemo(() => failureTeller(words, reasons), [words, reasons])
}

/** A reason that a broker or the API gives, in the language of the page. */
export function useReasonWords(): (reason: string) => string {
  const { reasons } = useContext(Known)
  return useMemo(() => reasonTeller(reasons), [reasons])
}
