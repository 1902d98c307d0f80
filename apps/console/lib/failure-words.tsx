'use client'
import { createContext, type ReactNode, useContext } from 'react'
import type { ApiError } from './api-error.ts'

type Words = Readonly<Record<string, string>>

const Known = createContext<Words>({})

/** What failures are told in, by code; those without words are told as the API tells them. */
export function FailureWords({ words, children }: { words: Words | undefined; children: ReactNode }) {
  return <Known value={words ?? {}}>{children}</Known>
}

/** The error in the language of the page; details to be copied keep the API's own words. */
export function useFailureWords(): (error: ApiError) => ApiError {
  const words = useContext(Known)
  return (error) => {
    const told: { -readonly [K in keyof ApiError]: ApiError[K] } = { ...error }
    for (const part of ['message', 'tried', 'remedy'] as const) {
      const said = error.codes?.[part]
      const template = said && words[said.code]
      if (template) told[part] = template.replace(/\{(\w+)\}/g, (_, name) => said.values[name] ?? '')
    }
    return told
  }
}
