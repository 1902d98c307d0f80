import { type Scope, scopes } from '@odradek/config'
import { type Command, UsageError } from '../command.ts'
import { configLines, configMarkdown, configText } from '../config-table.ts'

export const config: Command = {
  name: 'config',
  summary: 'Print every configuration key with its type, default, bounds and meaning.',
  flags: {
    scope: { type: 'string', value: 'broker|topic|group', doc: 'Only the keys of this scope.' },
    json: { type: 'boolean', doc: 'Print JSON.' },
    markdown: { type: 'boolean', doc: 'Print docs/configuration.md.' },
  },
  examples: ['odradek config --scope topic', 'odradek config --json'],
  async run(args) {
    const scope = args.text('scope')
    if (scope !== undefined && !Object.hasOwn(scopes, scope)) {
      throw new UsageError(`--scope must be one of ${Object.keys(scopes).join(', ')}, not "${scope}"`)
    }
    const wanted = scope === undefined ? (Object.keys(scopes) as Scope[]) : [scope as Scope]
    if (args.flag('markdown')) process.stdout.write(configMarkdown())
    else if (args.flag('json')) process.stdout.write(`${JSON.stringify(configLines(wanted), null, 2)}\n`)
    else process.stdout.write(configText(wanted))
    return 0
  },
}
