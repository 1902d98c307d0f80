import { buryDelayed } from '@odradek/client'
import { warnOfSilent, withAdmin } from '../admin-flags.ts'
import type { Command } from '../command.ts'
import { orderFlags, selectionOf } from '../delayed-selection.ts'

export const delayedBury: Command = {
  name: 'delayed bury',
  summary: 'Make dead letters now of retries that wait, instead of retrying them again.',
  flags: orderFlags,
  examples: [
    'odradek delayed bury --topic %RETRY%payments --partition 0 --offset 42',
    'odradek delayed bury --topic %RETRY%payments --key 4711 --limit 1000',
  ],
  run: (args) =>
    withAdmin(args, async (listeners, cluster) => {
      const result = await buryDelayed(listeners, await selectionOf(args, cluster))
      const { matched, done, skipped, failed, silent } = result
      const text = `${matched} matched: ${done} given up, ${skipped} skipped, ${failed} failed`
      process.stdout.write(`${args.flag('json') ? JSON.stringify(result) : text}\n`)
      warnOfSilent(silent)
      return failed === 0 && silent.length === 0 ? 0 : 1
    }),
}
