/**
 * The console's local users, from a terminal: `add NAME`, `remove NAME`, `list`, and `rotate-key` for the key beside them. Called by
 * `odradek console users …` and `odradek console rotate-key`.
 * A password is asked for twice, unseen; from a pipe its first line is taken.
 */
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import {
  ConsoleKeyError,
  defaultUserFilePath,
  forgetOldConsoleKeys,
  type Role,
  roles,
  rotateConsoleKey,
  UserFile,
  UserFileError,
} from '@odradek/api/users'
import { keyFileBeside } from './server/key-file.ts'

class InputError extends Error {}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const told = [InputError, UserFileError, ConsoleKeyError, RangeError]
  const isTold = told.some((kind) => error instanceof kind)
  if (!isTold && !(error instanceof Error && 'syscall' in error)) throw error
  process.stderr.write(`odradek: ${(error as Error).message}\n`)
  process.exitCode = 1
}

async function run(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      role: { type: 'string' },
      cluster: { type: 'string' },
      'no-payloads': { type: 'boolean' },
      edit: { type: 'boolean' },
      'forget-old': { type: 'boolean' },
      users: { type: 'string' },
    },
  })
  const [action, name = ''] = positionals
  if (action === 'rotate-key') return rotateKey(values.users ?? defaultUserFilePath(), values['forget-old'] === true)
  const file = new UserFile(values.users ?? defaultUserFilePath())
  if (action === 'list') {
    for (const user of file.users) {
      const grants = Object.entries(user.grants).map(([cluster, { role, payloads, edit }]) => {
        const more = `${payloads ? '' : ', without payloads'}${edit ? ', may edit messages' : ''}`
        return `${role} on ${cluster === '*' ? 'all clusters' : cluster}${more}`
      })
      process.stdout.write(`${user.name}: ${grants.join('; ')}\n`)
    }
    return 0
  }
  if (action === 'remove') {
    if (!(await file.remove(name))) throw new InputError(`there is no user "${name}" in ${file.path}`)
    process.stdout.write(`Removed ${name} from ${file.path}.\n`)
    return 0
  }
  const role = roles.find((one) => one === (values.role ?? 'admin')) as Role | undefined
  if (!role) throw new InputError(`--role must be one of ${roles.join(', ')}, not "${values.role}"`)
  const before = file.find(name)
  const password = process.stdin.isTTY ? await askTwice(name) : await firstLine()
  const grant = { role, payloads: values['no-payloads'] !== true, ...(values.edit && { edit: true }) }
  // Another cluster's grant is added to those that are there; without --cluster the grant is the only one.
  const grants = values.cluster === undefined ? { '*': grant } : { ...before?.grants, [values.cluster]: grant }
  await file.put(name, password, grants)
  process.stdout.write(`${before ? 'Changed' : 'Added'} ${name} in ${file.path}.\n`)
  return 0
}

function rotateKey(users: string, isForgetting: boolean): number {
  const path = keyFileBeside(users)
  // A console whose settings name other files goes on with its own key: a new one here would change nothing.
  if (!existsSync(path) && (isForgetting || !existsSync(users))) {
    const lacking = isForgetting ? `there is no ${path}` : `there is neither ${path} nor ${users}`
    throw new InputError(`${lacking}: name the users' file that the console has ("users" in its settings) with --users`)
  }
  if (isForgetting) {
    const { count, keptIn } = forgetOldConsoleKeys(path)
    const text =
      count === 0
        ? `There was no older key in ${path}.`
        : `${count} older ${count === 1 ? 'key' : 'keys'} removed from ${path}, and kept in ${keptIn}.\n` +
          'Where the console misses the address of a webhook now, append that file to the key file; remove it when none does.'
    process.stdout.write(`${text}\n`)
    return 0
  }
  const count = rotateConsoleKey(path, users)
  const next =
    count === 1
      ? 'It was the first.'
      : 'The console that evaluates the alerts of a cluster seals them with it, which the page of alerts tells; ' +
        'once it names no rule there, remove the older ones with --forget-old.'
  process.stdout.write(`A new key seals from now on: ${path}. ${next}\n`)
  return 0
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  throw new InputError('no password came: type one, or send it through a pipe')
}

async function askTwice(name: string): Promise<string> {
  const password = await askUnseen(`Password for ${name}: `)
  if ((await askUnseen('Once more: ')) !== password) throw new InputError('the two are not the same')
  return password
}

/** Reads a line from the terminal without showing it. */
function askUnseen(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  let text = ''
  return new Promise((resolve, reject) => {
    const end = (error: Error | null) => {
      stdin.off('data', onData)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      if (error) reject(error)
      else resolve(text)
    }
    const onData = (typed: string) => {
      for (const character of typed) {
        if (character === '\r' || character === '\n') return end(null)
        if (character === '\u0003' || character === '\u0004') return end(new InputError('nothing was changed'))
        if (character === '\u007f' || character === '\b') text = text.slice(0, -1)
        else text += character
      }
    }
    stdin.on('data', onData)
  })
}
