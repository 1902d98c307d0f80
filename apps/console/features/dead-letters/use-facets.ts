'use client'
import type { LetterFacets } from '@odradek/api'
import { useEffect, useState } from 'react'
import { useTRPCClient } from '../../lib/trpc.tsx'
import { useUntilReached } from '../../lib/use-until-reached.ts'
import type { LetterQuery } from './letter-query.ts'
import { letterQuestion } from './use-letters.ts'

export interface Facets {
  /** As far as they are counted; null before the first count. */
  readonly facets: LetterFacets | null
  readonly error: unknown
  /** Counts anew. */
  recount(): void
}

/** Counts the letters that match the filter, whatever is chosen among the counts, so that these stay while one chooses. */
export function useFacets(cluster: string, topic: string, query: LetterQuery, enabled: boolean): Facets {
  const client = useTRPCClient()
  const [state, setState] = useState<Pick<Facets, 'facets' | 'error'>>({ facets: null, error: null })
  const [round, setRound] = useState(0)
  const { where: _, ...filter } = letterQuestion(cluster, topic, query)
  const question = JSON.stringify(filter)
  // Another round is another count of the same question.
  useEffect(() => {
    if (!enabled) return
    const input = JSON.parse(question) as Parameters<typeof client.deadLetters.facets.subscribe>[0]
    const subscription = client.deadLetters.facets.subscribe(input, {
      onData: (facets) => setState({ facets, error: null }),
      onError: (error) => setState((before) => ({ ...before, error })),
    })
    return () => subscription.unsubscribe()
  }, [client, question, enabled, round])
  const recount = () => setRound((n) => n + 1)
  useUntilReached(state.error, recount)
  return { ...state, recount }
}
