import type { Command, Flag } from './command.ts'

/** What `odradek --help` prints: every command with a line about it. */
export function overview(summaries: readonly (readonly [name: string, summary: string])[]): string {
  const lines = ['odradek: a message broker that speaks the Kafka protocol', '', 'Usage: odradek COMMAND [FLAGS]', '']
  lines.push('Commands:', ...columns(summaries), '')
  lines.push('odradek COMMAND --help tells its flags; odradek --version the version.', '')
  return lines.join('\n')
}

/** What `odradek COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const words = ['odradek', command.name, ...(command.positionals ?? []), '[FLAGS]']
  const flags = Object.entries(command.flags).map(([name, flag]): [string, string] => [flagUsage(name, flag), flag.doc])
  const lines = [command.summary, '', `Usage: ${words.join(' ')}`, '', 'Flags:']
  lines.push(...columns([...flags, ['-h, --help', 'Print this.']]), '')
  if (command.examples !== undefined) lines.push('Examples:', ...command.examples.map((example) => `  ${example}`), '')
  return lines.join('\n')
}

function flagUsage(name: string, flag: Flag): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  return `${short}--${name}${flag.type === 'string' ? ` ${flag.value ?? 'TEXT'}` : ''}${flag.multiple ? ' …' : ''}`
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
