import { parseArgs } from 'node:util'
import { meantWord } from '@odradek/config'

/** One flag of a command; help and parsing both read this. */
export interface Flag {
  readonly type: 'string' | 'boolean'
  /** What stands for the value in the help. */
  readonly value?: string
  readonly short?: string
  readonly multiple?: boolean
  readonly doc: string
}

export interface Command {
  /** The words that call it: `broker`, `log dump`. */
  readonly name: string
  readonly summary: string
  /** Its positional arguments as the help writes them, one each: `DIR`. */
  readonly positionals?: readonly string[]
  readonly flags: { readonly [name: string]: Flag }
  /** What to say of flags that it does not have, and that others of the family make one expect. */
  readonly otherFlags?: { readonly [name: string]: string }
  /** Lines that the help ends with. */
  readonly examples?: readonly string[]
  /** Does the work and returns the exit code. Output goes to stdout, everything else to stderr. */
  run(args: Arguments): Promise<number>
}

/** The arguments of a command, after the table of its flags has been checked. */
export class Arguments {
  readonly positionals: readonly string[]
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>, positionals: readonly string[]) {
    this.#values = values
    this.positionals = positionals
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** The same without some flags, for one who reads them otherwise. */
  without(...names: readonly string[]): Arguments {
    const values = Object.fromEntries(Object.entries(this.#values).filter(([name]) => !names.includes(name)))
    return new Arguments(values, this.positionals)
  }

  list(name: string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  }
}

/** What someone typed that cannot be run; the message is one line and the exit code is 2. */
export class UsageError extends Error {}

/** Something that went wrong and is fully said by its message, one line for a person; the exit code is 1. */
export class CommandError extends Error {}

/**
 * Reads the words after the command's name by its table.
 * @throws UsageError naming the flag, and the nearest one when it is unknown.
 */
export function parseArguments(command: Command, words: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short && { short }), ...(multiple && { multiple }) },
    ]),
  )
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(command.flags, token.name) ? command.flags[token.name] : undefined
    if (flag === undefined) throw new UsageError(unknownFlagText(command, token.rawName))
    const missing = token.value === undefined || (!token.inlineValue && /^-./.test(token.value))
    if (flag.type === 'string' && missing)
      throw new UsageError(`${token.rawName} needs a value: ${flag.value ?? 'TEXT'}`)
    if (flag.type === 'boolean' && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
  }
  const wanted = command.positionals ?? []
  const extra = positionals[wanted.length]
  if (extra !== undefined) throw new UsageError(`odradek ${command.name} does not take "${extra}"`)
  const missing = wanted[positionals.length]
  if (missing !== undefined) throw new UsageError(`odradek ${command.name} needs ${missing}`)
  return new Arguments(values, positionals)
}

function unknownFlagText(command: Command, rawName: string): string {
  const name = rawName.replace(/^--?/, '')
  if (command.otherFlags !== undefined && Object.hasOwn(command.otherFlags, name)) return command.otherFlags[name]!
  const meant = meantWord(name, [...Object.keys(command.flags), 'help'])
  const hint = meant === null ? `See odradek ${command.name} --help` : `Did you mean --${meant}?`
  return `Unknown flag ${rawName}. ${hint}`
}
