import { type Verification, verifyLog } from '@odradek/broker/log-tools'
import type { Command } from '../command.ts'
import { logFolders, logName } from '../log-folders.ts'

export const logVerify: Command = {
  name: 'log verify',
  summary:
    "Check a partition's directory (or every one in a data directory). It changes nothing; exit code 1 when records are lost or wrong.",
  positionals: ['DIR'],
  flags: {
    deep: { type: 'boolean', doc: 'Also open every batch and check its records.' },
    json: { type: 'boolean', doc: 'One JSON object a partition.' },
  },
  examples: ['odradek log verify data', 'odradek log verify data/greetings-0 --deep'],
  async run(args) {
    let isDamaged = false
    for (const folder of logFolders(args.positionals[0]!)) {
      const result = verifyLog(folder, { deep: args.flag('deep') })
      isDamaged ||= result.findings.some(({ severity }) => severity === 'error')
      const line = args.flag('json') ? JSON.stringify({ directory: folder, ...result }) : summary(folder, result)
      process.stdout.write(`${line}\n`)
    }
    return isDamaged ? 1 : 0
  },
}

function summary(folder: string, result: Verification): string {
  const { segments, batches, records, sizeInBytes, startOffset, endOffset, findings } = result
  const offsets = records === 0 ? 'empty' : `offsets ${startOffset} to ${endOffset - 1}`
  const counts = `${segments} segments, ${batches} batches, ${records} records, ${sizeInBytes} bytes, ${offsets}`
  const lines = findings.map(({ severity, file, position, problem }) => {
    const place = position < 0 ? '' : ` at byte ${position}`
    return `  ${severity}: ${file}${place}: ${problem}`
  })
  return [`${logName(folder)}: ${counts}${findings.length === 0 ? ', all is well' : ''}`, ...lines].join('\n')
}
