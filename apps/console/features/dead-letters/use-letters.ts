'use client'
import { useCallback } from 'react'
import { useTRPCClient } from '../../lib/trpc.tsx'
import { filterOf } from '../messages/message-query.ts'
import { type RowScan, type ScanListener, useRowScan } from '../messages/use-row-scan.ts'
import { type LetterQuery, whereOf } from './letter-query.ts'
import type { LetterRow } from './outputs.ts'

/** Searches a topic for dead letters while `enabled`, the newest first, anew whenever the question changes. */
export function useLetters(cluster: string, topic: string, query: LetterQuery, enabled: boolean): RowScan<LetterRow> {
  const client = useTRPCClient()
  const question = JSON.stringify({ ...letterQuestion(cluster, topic, query), limit: query.n })
  const subscribe = useCallback(
    (input: object, listener: ScanListener<LetterRow>) =>
      client.deadLetters.scan.subscribe(input as Parameters<typeof client.deadLetters.scan.subscribe>[0], listener),
    [client],
  )
  return useRowScan(subscribe, question, query.resume, enabled)
}

/** The question as the API takes it. */
export function letterQuestion(cluster: string, topic: string, query: LetterQuery) {
  return {
    cluster,
    topic,
    filter: filterOf(query),
    decoders: { key: query.key, value: query.value },
    where: whereOf(query),
  }
}
