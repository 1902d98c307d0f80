'use client'
import { useEffect, useState } from 'react'
import { useTRPCClient } from '../../lib/trpc.tsx'
import { boundsOf, filterOf, type MessageQuery } from './message-query.ts'
import type { MessageRow } from './outputs.ts'

export interface Tail {
  /** The newest first, at most `ROWS_MAX`. */
  readonly rows: readonly MessageRow[]
  readonly matched: number
  readonly dropped: number
  /** Why nothing comes at the moment. */
  readonly waitingFor: string | null
  readonly error: unknown
  readonly connected: boolean
}

const ROWS_MAX = 500
const RATE_MAX = 100
const NOTHING: Tail = { rows: [], matched: 0, dropped: 0, waitingFor: null, error: null, connected: false }

/** Follows a topic from now on while `enabled`. */
export function useTail(cluster: string, topic: string, query: MessageQuery, enabled: boolean): Tail {
  const client = useTRPCClient()
  const [state, setState] = useState<Tail>(NOTHING)
  const { from: _, to: __, ...bounds } = boundsOf(cluster, topic, query)
  const question = JSON.stringify({
    ...bounds,
    filter: filterOf(query),
    decoders: { key: query.key, value: query.value },
    rowsPerSecondMax: RATE_MAX,
  })
  useEffect(() => {
    setState(NOTHING)
    if (!enabled) return
    const input = JSON.parse(question) as Parameters<typeof client.messages.tail.subscribe>[0]
    const subscription = client.messages.tail.subscribe(input, {
      onData: ({ data }) =>
        setState((before) => ({
          rows: data.rows.length === 0 ? before.rows : [...data.rows.toReversed(), ...before.rows].slice(0, ROWS_MAX),
          matched: data.matched,
          dropped: data.dropped,
          waitingFor: data.waitingFor,
          error: null,
          connected: true,
        })),
      onError: (error) => setState((before) => ({ ...before, error, connected: false })),
      onConnectionStateChange: ({ state }) =>
        setState((before) => (state === 'connecting' ? { ...before, connected: false } : before)),
    })
    return () => subscription.unsubscribe()
  }, [client, question, enabled])
  return state
}
