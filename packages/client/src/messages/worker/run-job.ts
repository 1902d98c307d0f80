import type { RecordCursor } from '@odradek/protocol'
import { facetLetters } from '../../dead-letters/letter-facets.ts'
import { scanLetters } from '../../dead-letters/scan-letters.ts'
import { decodersOf } from '../decoders/offsets-record.ts'
import { FieldSample } from '../filter/sample-fields.ts'
import { getMessage } from '../get-message.ts'
import { exportHead, exportLine } from '../scan/export-line.ts'
import type { MessageSource } from '../scan/message-source.ts'
import { scan } from '../scan/scan.ts'
import type { ScanRequest } from '../scan/scan-request.ts'
import { tail } from '../scan/tail.ts'
import type { Job, JobEvent } from './job.ts'

/** Gives an event to whoever asked; resolves when it was taken. */
export type Give = (event: JobEvent) => Promise<void>

/** Does a job to its end, or until `signal`. */
export async function runJob(source: MessageSource, job: Job, give: Give, signal: AbortSignal): Promise<void> {
  switch (job.kind) {
    case 'scan':
      await scan(
        source,
        job.request,
        {
          rows: (rows) => give({ kind: 'rows', rows }),
          progress: (progress) => void give({ kind: 'progress', progress }),
        },
        signal,
      )
      return
    case 'letters':
      await scanLetters(
        source,
        job.request,
        {
          rows: (rows) => give({ kind: 'letters', rows }),
          progress: (progress) => void give({ kind: 'progress', progress }),
        },
        signal,
      )
      return
    case 'facets': {
      // Those on the way are not waited for: the last alone is sure to come.
      const facets = await facetLetters(
        source,
        job.request,
        (soFar) => void give({ kind: 'facets', facets: { ...soFar, isDone: false } }),
        signal,
      )
      await give({ kind: 'facets', facets })
      return
    }
    case 'tail':
      await tail(source, job.request, (report) => give({ kind: 'tail', report }), signal)
      return
    case 'export': {
      const { format, request } = job
      const head = exportHead(format)
      if (head !== '') await give({ kind: 'text', text: head })
      await scan(
        source,
        { ...request, whole: true },
        {
          rows: (rows) =>
            give({ kind: 'text', text: rows.map((row) => exportLine(format, request.topic, row)).join('') }),
          progress: (progress) => void give({ kind: 'progress', progress }),
        },
        signal,
      )
      return
    }
    case 'fields': {
      const sample = new FieldSample()
      const decoders = decodersOf(job.topic, job.decoders)
      const request: ScanRequest = {
        topic: job.topic,
        from: { kind: 'newest' },
        to: { kind: 'now' },
        filter: {},
        decoders,
        readCommitted: false,
        limit: job.messages,
      }
      const look = (record: RecordCursor) =>
        sample.add(record.key(), record.value(), record.headers(), decoders, source.schemas)
      await scan(source, request, { rows: () => {}, progress: () => {}, look }, signal)
      await give({ kind: 'fields', fields: sample.fields, messages: sample.messages })
      return
    }
    case 'get': {
      const { topic, partition, offset, decoders, bytesMax } = job
      await give({ kind: 'found', found: await getMessage(source, topic, partition, offset, decoders, bytesMax) })
      return
    }
    default:
      job satisfies never
  }
}
