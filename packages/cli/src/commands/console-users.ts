import { spawnSync } from 'node:child_process'
import { type Arguments, type Command, CommandError, type Flag } from '../command.ts'
import { CONSOLE_MISSING, consoleUsersFile } from '../console-process.ts'

const file = {
  type: 'string',
  value: 'FILE',
  doc: 'The file of the users [~/.config/odradek/console-users.json].',
} as const

/** The console keeps its users; its own program is asked, with this terminal. */
function runUsers(words: readonly string[], args: Arguments, flags: readonly string[]): number {
  const program = consoleUsersFile()
  if (program === null) throw new CommandError(CONSOLE_MISSING)
  const given = [...flags, 'users'].flatMap((name) => {
    const value = args.text(name)
    return value === undefined ? [] : [`--${name}`, value]
  })
  const switches = ['no-payloads', 'edit', 'forget-old'].flatMap((name) => (args.flag(name) ? [`--${name}`] : []))
  const { status } = spawnSync(process.execPath, [program, ...words, ...given, ...switches], { stdio: 'inherit' })
  return status ?? 1
}

export const consoleUsersAdd: Command = {
  name: 'console users add',
  summary:
    'Add a user of the console, or give one a new password and role. The password is asked for, or read from stdin.',
  positionals: ['NAME'],
  flags: {
    role: { type: 'string', value: 'viewer|operator|admin', doc: 'What they may do [admin].' },
    cluster: { type: 'string', value: 'ID', doc: 'On this cluster only [all].' },
    'no-payloads': { type: 'boolean', doc: 'They may not read what messages say.' } satisfies Flag,
    edit: { type: 'boolean', doc: 'An operator may change a dead letter before sending it again.' } satisfies Flag,
    users: file,
  },
  examples: [
    'odradek console users add ann',
    'pass ann | odradek console users add ann --role viewer --cluster production',
  ],
  run: async (args) => runUsers(['add', args.positionals[0]!], args, ['role', 'cluster']),
}

export const consoleUsersRemove: Command = {
  name: 'console users remove',
  summary: 'Remove a user of the console. Their sessions end at once.',
  positionals: ['NAME'],
  flags: { users: file },
  run: async (args) => runUsers(['remove', args.positionals[0]!], args, []),
}

export const consoleUsersList: Command = {
  name: 'console users list',
  summary: 'Print the users of the console and what they may do.',
  flags: { users: file },
  run: async (args) => runUsers(['list'], args, []),
}

export const consoleRotateKey: Command = {
  name: 'console rotate-key',
  summary:
    'Change the key that seals the webhooks of alerts: a new one seals from now on, older ones open until they are forgotten.',
  flags: {
    'forget-old': {
      type: 'boolean',
      doc: 'Put the older keys aside (KEY.forgotten beside the key); what is still sealed by them has to be entered again.',
    },
    users: file,
  },
  examples: ['odradek console rotate-key', 'odradek console rotate-key --forget-old'],
  run: async (args) => runUsers(['rotate-key'], args, []),
}
