import { recallDelayed } from '@odradek/client'
import { warnOfSilent, withAdmin } from '../admin-flags.ts'
import type { Command } from '../command.ts'
import { orderFlags, selectionOf } from '../delayed-selection.ts'

export const delayedRecall: Command = {
  name: 'delayed recall',
  summary: 'Take records back that wait: they will not be delivered.',
  flags: orderFlags,
  examples: [
    'odradek delayed recall --topic orders --partition 0 --offset 42',
    'odradek delayed recall --topic orders --key 4711 --limit 1000',
  ],
  run: (args) =>
    withAdmin(args, async (listeners, cluster) => {
      const result = await recallDelayed(listeners, await selectionOf(args, cluster))
      const { matched, done, skipped, failed, silent } = result
      const text = `${matched} matched: ${done} recalled, ${skipped} skipped, ${failed} failed`
      process.stdout.write(`${args.flag('json') ? JSON.stringify(result) : text}\n`)
      warnOfSilent(silent)
      return failed === 0 && silent.length === 0 ? 0 : 1
    }),
}
