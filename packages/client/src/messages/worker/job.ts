import type { LetterFacets } from '../../dead-letters/letter-facets.ts'
import type { LetterRow, LetterScanRequest } from '../../dead-letters/scan-letters.ts'
import type { Decoders } from '../filter/cel-filter.ts'
import type { SampledField } from '../filter/sample-fields.ts'
import type { FoundMessage } from '../get-message.ts'
import type { MessageRow } from '../message-row.ts'
import type { ExportFormat } from '../scan/export-line.ts'
import type { MessageSourceOptions } from '../scan/message-source.ts'
import type { ScanProgress, ScanRequest } from '../scan/scan-request.ts'
import type { TailReport, TailRequest } from '../scan/tail.ts'

/** What a worker thread is asked to do. Plain data. */
export type Job =
  | { readonly kind: 'scan'; readonly request: ScanRequest }
  | { readonly kind: 'tail'; readonly request: TailRequest }
  /** Dead letters, and what was done about them. */
  | { readonly kind: 'letters'; readonly request: LetterScanRequest }
  | { readonly kind: 'facets'; readonly request: Omit<LetterScanRequest, 'limit' | 'resume'> }
  | { readonly kind: 'export'; readonly request: ScanRequest; readonly format: ExportFormat }
  | { readonly kind: 'fields'; readonly topic: string; readonly decoders: Decoders; readonly messages: number }
  | {
      readonly kind: 'get'
      readonly topic: string
      readonly partition: number
      readonly offset: number
      readonly decoders: Decoders
      readonly bytesMax: number
    }

/** What it gives. Each but reports is acknowledged before the next one comes, so that a slow reader slows the job. */
export type JobEvent =
  | { readonly kind: 'found'; readonly found: FoundMessage }
  | { readonly kind: 'rows'; readonly rows: readonly MessageRow[] }
  | { readonly kind: 'letters'; readonly rows: readonly LetterRow[] }
  | { readonly kind: 'facets'; readonly facets: LetterFacets }
  | { readonly kind: 'progress'; readonly progress: ScanProgress }
  | { readonly kind: 'tail'; readonly report: TailReport }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly SampledField[]; readonly messages: number }

/** Whether an event tells only how far it is: of several that nobody has read yet the newest counts. */
export function isReport(event: JobEvent): boolean {
  return event.kind === 'progress' || (event.kind === 'facets' && !event.facets.isDone)
}

/** An error on its way between threads: enough to make it again. */
export interface JobError {
  readonly name: string
  readonly message: string
  readonly code?: number
  readonly column?: number
  readonly tried?: string
  readonly remedy?: string
  readonly api?: string
}

export type ToWorker =
  | { readonly kind: 'start'; readonly id: number; readonly job: Job; readonly source: MessageSourceOptions }
  | { readonly kind: 'stop'; readonly id: number }
  | { readonly kind: 'taken'; readonly id: number }

export type FromWorker =
  | { readonly kind: 'event'; readonly id: number; readonly event: JobEvent }
  | { readonly kind: 'closed'; readonly id: number; readonly error: JobError | null }
  | { readonly kind: 'alive' }
