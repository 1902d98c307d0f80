/** Orders about records that wait: one by its offset at once; many by a query, which says first how many there are. */
import {
  type AdminListeners,
  type DelayedOrder,
  type DelayedQuery,
  type DelayedSelection,
  listDelayed,
} from '@odradek/client'
import { warnOfSilent, withAdmin } from './admin-flags.ts'
import { type Command, type Flag, UsageError } from './command.ts'
import { queryOf, selectionFlags } from './delayed-selection.ts'
import { counted } from './text-table.ts'

const orderFlags = {
  ...selectionFlags,
  offset: { type: 'string', value: 'OFFSET', doc: 'This record alone: the offset that its producer was answered.' },
  apply: { type: 'boolean', doc: 'Do it, where a query chooses the records.' },
} as const satisfies Record<string, Flag>

export interface OrderCommand extends Pick<Command, 'name' | 'summary'> {
  /** The topic of its examples. */
  readonly exampleTopic: string
  /** What became of a record: "recalled". */
  readonly done: string
  readonly send: (listeners: AdminListeners, selection: DelayedSelection) => Promise<DelayedOrder>
}

/** A command that recalls, delivers or gives up records that wait. */
export function orderCommand({ name, summary, exampleTopic, done: doneWord, send }: OrderCommand): Command {
  return {
    name,
    summary: `${summary} By a query it says how many there are; --apply does it.`,
    flags: orderFlags,
    examples: [
      `odradek ${name} --topic ${exampleTopic} --partition 0 --offset 42`,
      `odradek ${name} --topic ${exampleTopic} --key 4711 --limit 1000 --apply`,
    ],
    run: (args) =>
      withAdmin(args, async (listeners, cluster) => {
        const selection = selectionOf(await queryOf(args, cluster), args.text('offset'))
        const isJson = args.flag('json')
        if (!('records' in selection) && !args.flag('apply')) {
          const { records, waiting, isCut, silent } = await listDelayed(listeners, selection)
          const result = { topic: selection.topic, matched: records.length, waiting, isCut }
          const more = isCut ? ' and more, which --limit leaves out' : ''
          const text = `${counted(records.length, 'record')} of the ${waiting} that wait${more}. Nothing has been ${doneWord}. Add --apply to do it.`
          process.stdout.write(`${isJson ? JSON.stringify(result) : text}\n`)
          warnOfSilent(silent)
          return silent.length === 0 ? 0 : 1
        }
        const result = await send(listeners, selection)
        const { matched, done, skipped, failed, silent } = result
        const text = `${matched} matched: ${done} ${doneWord}, ${skipped} skipped, ${failed} failed`
        process.stdout.write(`${isJson ? JSON.stringify(result) : text}\n`)
        // Whoever names one record wants that one.
        const isMissed = 'records' in selection && done === 0 && silent.length === 0
        if (isMissed && failed === 0) process.stderr.write(`odradek: ${missedText(selection)}\n`)
        warnOfSilent(silent)
        return failed === 0 && silent.length === 0 && !isMissed ? 0 : 1
      }),
  }
}

function missedText({ topic, records }: Extract<DelayedSelection, { records: unknown }>): string {
  const { partition, offset } = records[0]!
  return `no record waits in ${topic}-${partition} at offset ${offset}: it was delivered or taken back, is just being delivered, or never was there`
}

function selectionOf(query: DelayedQuery, offsetText: string | undefined): DelayedSelection {
  if (offsetText === undefined) return query
  if (!/^\d{1,15}$/.test(offsetText)) throw new UsageError(`--offset must be a whole number, not "${offsetText}"`)
  if (query.partition === undefined) throw new UsageError('--offset needs --partition')
  return { topic: query.topic, records: [{ partition: query.partition, offset: Number(offsetText) }] }
}
