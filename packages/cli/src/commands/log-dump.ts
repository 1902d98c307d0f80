import { dumpLog } from '@odradek/broker/log-tools'
import { type Command, UsageError } from '../command.ts'
import { dumpJson, dumpLine } from '../dump-lines.ts'
import { logFolders, logName } from '../log-folders.ts'

export const logDump: Command = {
  name: 'log dump',
  summary: "Print what a partition's directory (or every one in a data directory) holds. It changes nothing.",
  positionals: ['DIR'],
  flags: {
    records: { type: 'boolean', doc: 'Also the records of each batch.' },
    indexes: { type: 'boolean', doc: 'Also the entries of the indexes.' },
    from: { type: 'string', value: 'OFFSET', doc: 'Only batches with this offset or later ones.' },
    to: { type: 'string', value: 'OFFSET', doc: 'Only batches that begin before this offset.' },
    json: { type: 'boolean', doc: 'One JSON object a line.' },
  },
  examples: ['odradek log dump data/greetings-0 --records', 'odradek log dump data --json'],
  async run(args) {
    const options = {
      records: args.flag('records'),
      indexes: args.flag('indexes'),
      ...offset('from', args.text('from')),
      ...offset('to', args.text('to')),
    }
    for (const folder of logFolders(args.positionals[0]!)) {
      if (!args.flag('json')) process.stdout.write(`${logName(folder)}\n`)
      for (const entry of dumpLog(folder, options)) {
        const line = args.flag('json') ? dumpJson(entry) : dumpLine(entry)
        process.stdout.write(`${line}\n`)
      }
    }
    return 0
  },
}

function offset(name: 'from' | 'to', text: string | undefined): { from?: number; to?: number } {
  if (text === undefined) return {}
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${name} must be an offset, not "${text}"`)
  return { [name]: Number(text) }
}
