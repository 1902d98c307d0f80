import { type DelayedPartition, type DelayedRecord, delayedPartitions, listDelayed } from '@odradek/client'
import { warnOfSilent, withAdmin } from '../admin-flags.ts'
import type { Command } from '../command.ts'
import { queryOf, selectionFlags } from '../delayed-selection.ts'

export const delayedList: Command = {
  name: 'delayed list',
  summary: 'List what waits: of every topic how much, or the records of one topic, the next due first.',
  flags: { ...selectionFlags, json: { type: 'boolean', doc: 'Print JSON, one object a line.' } },
  examples: ['odradek delayed list', 'odradek delayed list --topic orders --key 4711 --to 2026-12-01'],
  run: (args) =>
    withAdmin(args, async (listeners, cluster) => {
      const print = (line: string) => process.stdout.write(`${line}\n`)
      if (args.text('topic') === undefined) {
        const { partitions, silent } = await delayedPartitions(listeners)
        for (const each of partitions) print(args.flag('json') ? JSON.stringify(each) : partitionLine(each))
        warnOfSilent(silent)
        return silent.length === 0 ? 0 : 1
      }
      const list = await listDelayed(listeners, await queryOf(args, cluster))
      for (const record of list.records) print(args.flag('json') ? JSON.stringify(record) : recordLine(record))
      if (!args.flag('json')) print(`${list.waiting} wait, ${list.records.length}${list.isCut ? ' of more' : ''} shown`)
      warnOfSilent(list.silent)
      return list.silent.length === 0 ? 0 : 1
    }),
}

function partitionLine({ topic, partition, waiting, nextDue, refusals }: DelayedPartition): string {
  const next = nextDue === null ? '' : `, the next due ${new Date(nextDue).toISOString()}`
  const refused = refusals.map(({ text, attempts }) => `; not taken ${attempts} times: ${text}`).join('')
  return `${topic}-${partition}: ${waiting} wait${next}${refused}`
}

function recordLine({ partition, offset, due, key, valueBytes }: DelayedRecord): string {
  return `${new Date(due).toISOString()}  partition ${partition}  offset ${offset}  ${valueBytes} bytes  key ${key === null ? '(none)' : JSON.stringify(key)}`
}
