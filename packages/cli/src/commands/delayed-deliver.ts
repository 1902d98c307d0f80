import { deliverDelayed } from '@odradek/client'
import { warnOfSilent, withAdmin } from '../admin-flags.ts'
import type { Command } from '../command.ts'
import { orderFlags, selectionOf } from '../delayed-selection.ts'

export const delayedDeliver: Command = {
  name: 'delayed deliver',
  summary: 'Deliver records now that wait.',
  flags: orderFlags,
  examples: [
    'odradek delayed deliver --topic orders --partition 0 --offset 42',
    'odradek delayed deliver --topic orders --key 4711 --limit 1000',
  ],
  run: (args) =>
    withAdmin(args, async (listeners, cluster) => {
      const result = await deliverDelayed(listeners, await selectionOf(args, cluster))
      const { matched, done, skipped, failed, silent } = result
      const text = `${matched} matched: ${done} delivered, ${skipped} skipped, ${failed} failed`
      process.stdout.write(`${args.flag('json') ? JSON.stringify(result) : text}\n`)
      warnOfSilent(silent)
      return failed === 0 && silent.length === 0 ? 0 : 1
    }),
}
