'use client'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useUntilReached } from '../../lib/use-until-reached.ts'
import { placeText, type ScanProgress } from './outputs.ts'

export interface RowScan<Row> {
  readonly rows: readonly Row[]
  readonly progress: ScanProgress | null
  readonly error: unknown
  /** Whether it is under way. */
  readonly running: boolean
  /** Whether somebody stopped it. */
  readonly stopped: boolean
  /** Ends it; what came stays. */
  stop(): void
  /** Goes on where it stopped, under what came. */
  resume(): void
  /** Begins anew. */
  restart(): void
}

type State<Row> = Omit<RowScan<Row>, 'stop' | 'resume' | 'restart'>

/** What a search tells: rows as they are found, and how far it is. */
export type ScanEventOf<Row> =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'progress'; readonly progress: ScanProgress }

export interface ScanListener<Row> {
  onData(told: { readonly data: ScanEventOf<Row> }): void
  onError(error: unknown): void
  onComplete(): void
}

/** What was found before the page was sent. */
export interface FirstRows<Row> {
  /** Of this answer: shown once, for whoever comes back later gets newer ones. */
  readonly id: string
  readonly question: string
  readonly rows: readonly Row[]
  readonly progress: ScanProgress | null
}

const isBroken = () => true

/** Ids of those that were shown: a page that comes back from the browser's memory brings them once more. */
const shownFirst = new Set<string>()

const NOTHING = { rows: [], progress: null, error: null, running: false, stopped: false } as const

/** How a search begins: with nothing; under what came; or by itself, after the cluster was away: then what is told stays until more is. */
type Beginning = 'anew' | 'further' | 'again'

/**
 * Searches while `enabled`, anew whenever the question (JSON) changes. Rows are added in the order in which they are found, once a frame;
 * a connection that breaks is taken up again where it was, and a search that could not begin begins when the cluster is back. What was
 * found for the same question before the page was sent is not searched for again.
 */
export function useRowScan<Row extends { readonly partition: number; readonly offset: number }>(
  subscribe: (input: object, listener: ScanListener<Row>) => { unsubscribe(): void },
  question: string,
  resumeFrom: string | null,
  enabled: boolean,
  first: FirstRows<Row> | null = null,
): RowScan<Row> {
  const given = useRef(first !== null && first.question === question && !shownFirst.has(first.id) ? first : null)
  const [state, setState] = useState<State<Row>>(() => {
    const { current } = given
    return current === null ? NOTHING : { ...NOTHING, rows: current.rows, progress: current.progress }
  })
  const unsubscribe = useRef<() => void>(() => {})
  const shown = useRef(new Set<string>())
  /** Where it began when it began anew: there it begins once more, before it was told how far it is. */
  const begunAt = useRef<string | null>(resumeFrom)
  /** How many rows were asked for. */
  const limit = useRef(0)
  const start = useCallback(
    (resume: string | null, beginning: Beginning, found: number | null = null) => {
      unsubscribe.current()
      const asked = JSON.parse(question) as { readonly limit: number }
      limit.current = found === null ? asked.limit : Math.max(1, limit.current - found)
      const input = { ...asked, limit: limit.current, ...(resume !== null && { resume }) }
      // What came since the last report comes again when a search goes on.
      if (beginning === 'anew') {
        shown.current = new Set()
        begunAt.current = resume
      }
      const seen = shown.current
      let waiting: Row[] = []
      let progress: ScanProgress | null = null
      let frame = 0
      if (beginning === 'anew') setState({ ...NOTHING, running: true, rows: [] })
      if (beginning === 'further') setState((before) => ({ ...before, error: null, running: true, stopped: false }))
      const flush = () => {
        frame = 0
        const rows = waiting
        waiting = []
        const reported = progress
        setState((before) => ({
          ...before,
          ...(beginning === 'again' && { error: null, running: true }),
          rows: rows.length === 0 ? before.rows : [...before.rows, ...rows],
          progress: reported ?? before.progress,
        }))
      }
      const later = () => {
        if (frame === 0) frame = requestAnimationFrame(flush)
      }
      const end = (error: unknown) => {
        cancelAnimationFrame(frame)
        if (error === null || frame !== 0) flush()
        setState((before) => ({ ...before, running: false, error }))
      }
      const subscription = subscribe(input, {
        onData: ({ data }) => {
          if (data.kind === 'progress') progress = data.progress
          else {
            for (const row of data.rows) {
              const place = placeText(row)
              if (seen.has(place)) continue
              seen.add(place)
              waiting.push(row)
            }
          }
          later()
        },
        onError: end,
        onComplete: () => end(null),
      })
      unsubscribe.current = () => {
        subscription.unsubscribe()
        if (frame !== 0 || waiting.length > 0) flush()
        cancelAnimationFrame(frame)
        frame = 0
      }
    },
    [subscribe, question],
  )
  // Where it is resumed from is read when it begins; writing it into the address must not begin it again.
  useEffect(() => {
    const { current } = given
    given.current = null
    if (enabled && current !== null) {
      shownFirst.add(current.id)
      shown.current = new Set(current.rows.map(placeText))
    } else if (enabled) start(resumeFrom, 'anew')
    else setState(NOTHING)
    return () => unsubscribe.current()
  }, [enabled, start])
  const stop = useCallback(() => {
    unsubscribe.current()
    setState((before) => ({
      ...before,
      running: false,
      stopped: true,
      progress: before.progress === null ? null : { ...before.progress, end: before.progress.end ?? 'stopped' },
    }))
  }, [])
  const token = state.progress?.resume ?? null
  const resume = useCallback(() => start(token, 'further'), [start, token])
  const restart = useCallback(() => start(null, 'anew'), [start])
  useUntilReached(state.error, () => start(token ?? begunAt.current, 'again', token === null ? null : 0))
  // One that was under way goes on by itself, and finds as many rows as were asked for.
  const isOver = !state.running && state.error === null
  const broken = isOver && token !== null && state.progress?.isAway === true ? state.progress : null
  useUntilReached(broken, () => start(token, 'further', broken?.matched), isBroken)
  return { ...state, stop, resume, restart }
}
