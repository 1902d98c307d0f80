import { resolveLetters, unresolveLetters } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { letterFlags, lettersChosen, lettersNamed, placesChosen, sourceOf, whoIs } from '../letter-flags.ts'
import { counted } from '../text-table.ts'

export const deadLettersResolve: Command = {
  name: 'dead-letters resolve',
  summary:
    'Mark dead letters as dealt with, or take that back. Prints how many; --apply does it. One is marked at once.',
  positionals: ['GROUP'],
  flags: {
    ...letterFlags,
    undo: { type: 'boolean', doc: 'Take the marks back.' },
    note: { type: 'string', value: 'TEXT', doc: 'Why, for whoever looks later.' },
    apply: { type: 'boolean', doc: 'Do it.' },
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters resolve payments --at 0@42 --note "refunded by hand"',
    'odradek dead-letters resolve payments --error ValueError --apply',
    'odradek dead-letters resolve payments --all --undo --apply',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const chosen = lettersChosen(args)
      const { topic } = await lettersNamed(cluster, args.positionals[0]!)
      const places = await placesChosen(sourceOf(args, cluster), topic, chosen)
      const isJson = args.flag('json')
      const isOne = chosen.kind === 'places' && places.length === 1
      if (!args.flag('apply') && !isOne) {
        const text = `${counted(places.length, 'letter')} of ${topic}. Nothing has been marked. Add --apply to do it.\n`
        process.stdout.write(isJson ? `${JSON.stringify({ topic, letters: places.length })}\n` : text)
        return 0
      }
      const note = args.text('note')
      const options = { by: whoIs(), ...(note !== undefined && { note }) }
      const isUndo = args.flag('undo')
      const { marked } = await (isUndo ? unresolveLetters : resolveLetters)(cluster, topic, places, options)
      const done = isUndo ? 'not resolved any more' : 'resolved'
      process.stdout.write(
        isJson
          ? `${JSON.stringify({ topic, letters: places.length, marked })}\n`
          : `${counted(marked, 'letter')} ${done}.\n`,
      )
      return 0
    }),
}
