'use client'
import { useCallback } from 'react'
import { useTRPCClient } from '../../lib/trpc.tsx'
import { type MessageQuery, scanQuestion } from './message-query.ts'
import type { MessageRow } from './outputs.ts'
import { type FirstRows, type RowScan, type ScanListener, useRowScan } from './use-row-scan.ts'

export type Scan = RowScan<MessageRow>

/** Searches a topic for messages while `enabled`, anew whenever the question changes. */
export function useScan(
  cluster: string,
  topic: string,
  query: MessageQuery,
  enabled: boolean,
  first: FirstRows<MessageRow> | null,
): Scan {
  const client = useTRPCClient()
  const question = JSON.stringify(scanQuestion(cluster, topic, query))
  const subscribe = useCallback(
    (input: object, listener: ScanListener<MessageRow>) =>
      client.messages.scan.subscribe(input as Parameters<typeof client.messages.scan.subscribe>[0], listener),
    [client],
  )
  return useRowScan(subscribe, question, query.resume, enabled, first)
}
