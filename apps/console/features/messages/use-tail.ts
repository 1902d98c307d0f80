'use client'
import { useEffect, useRef, useState } from 'react'
import { useTRPCClient } from '../../lib/trpc.tsx'
import { useUntilReached } from '../../lib/use-until-reached.ts'
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
  /** Follows anew. */
  restart(): void
}

const ROWS_MAX = 500
const RATE_MAX = 100
const NOTHING: Omit<Tail, 'restart'> = {
  rows: [],
  matched: 0,
  dropped: 0,
  waitingFor: null,
  error: null,
  connected: false,
}

/** Follows a topic from now on while `enabled`; after the cluster was away it goes on where it was told last. */
export function useTail(cluster: string, topic: string, query: MessageQuery, enabled: boolean): Tail {
  const client = useTRPCClient()
  const [state, setState] = useState(NOTHING)
  const [round, setRound] = useState(0)
  const last = useRef<string | null>(null)
  const { from: _, to: __, ...bounds } = boundsOf(cluster, topic, query)
  const question = JSON.stringify({
    ...bounds,
    filter: filterOf(query),
    decoders: { key: query.key, value: query.value },
    rowsPerSecondMax: RATE_MAX,
  })
  // What is followed for another question begins with nothing.
  useEffect(() => {
    last.current = null
    setState(NOTHING)
  }, [question, enabled])
  // Another round goes on with the same question.
  useEffect(() => {
    if (!enabled) return
    const input = JSON.parse(question) as Parameters<typeof client.messages.tail.subscribe>[0]
    const lastEventId = last.current
    const subscription = client.messages.tail.subscribe(
      { ...input, lastEventId },
      {
        onData: ({ id, data }) => {
          last.current = id
          setState((before) => ({
            rows: data.rows.length === 0 ? before.rows : [...data.rows.toReversed(), ...before.rows].slice(0, ROWS_MAX),
            matched: data.matched,
            dropped: data.dropped,
            waitingFor: data.waitingFor,
            error: null,
            connected: true,
          }))
        },
        onError: (error) => setState((before) => ({ ...before, error, connected: false })),
        onConnectionStateChange: ({ state }) =>
          setState((before) => (state === 'connecting' ? { ...before, connected: false } : before)),
      },
    )
    return () => subscription.unsubscribe()
  }, [client, question, enabled, round])
  const restart = () => setRound((n) => n + 1)
  useUntilReached(state.error, restart)
  return { ...state, restart }
}
