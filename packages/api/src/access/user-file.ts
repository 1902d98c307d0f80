/**
 * The console's local users: a JSON file that only its owner can read, changed by `odradek console users`. It is read again
 * when it has changed, so that a user who was removed is gone at the next request.
 */
import { readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, open, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { hashPassword, isPassword } from './password.ts'
import { roles } from './permissions.ts'
import { type Grant, isReservedName } from './visitor.ts'

const grant = z.strictObject({ role: z.enum(roles), payloads: z.boolean(), edit: z.boolean().optional() })
const user = z.strictObject({
  name: z.string().min(1).max(200),
  password: z.string(),
  grants: z.record(z.string(), grant),
})
const file = z.strictObject({ users: z.array(user).max(10_000) })

export type User = z.infer<typeof user>

/** The file cannot be read as what it should be; its message is one line for a person. */
export class UserFileError extends Error {}

/** Where the users are unless another file is named: beside the person's other settings. */
export function defaultUserFilePath(): string {
  const folder = process.env.XDG_CONFIG_HOME || join(homedir(), '.config')
  return join(folder, 'odradek', 'console-users.json')
}

export class UserFile {
  readonly path: string
  #users: readonly User[] = []
  #version = ''

  constructor(path: string) {
    this.path = path
  }

  /** All users; none where the file is not there. Throws a UserFileError where it is damaged. */
  get users(): readonly User[] {
    let version: string
    try {
      const { mtimeMs, size, ino } = statSync(this.path)
      version = `${mtimeMs} ${size} ${ino}`
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      this.#users = []
      this.#version = ''
      return this.#users
    }
    if (version === this.#version) return this.#users
    this.#users = parseUsers(this.path, readFileSync(this.path, 'utf8'))
    this.#version = version
    return this.#users
  }

  find(name: string): User | null {
    return this.users.find((user) => user.name === name) ?? null
  }

  /** The user, if the password is right. Takes as long where there is no such user. */
  async verify(name: string, password: string): Promise<User | null> {
    const user = this.find(name)
    return (await isPassword(password, user?.password ?? null)) ? user : null
  }

  /** Adds a user, or gives one that is there a new password and new grants. Throws a RangeError for a bad name or password. */
  async put(name: string, password: string, grants: Readonly<Record<string, Grant>>): Promise<void> {
    if (isReservedName(name))
      throw new RangeError(`Nobody can be called ${name}: it stands for whoever did not sign in.`)
    const added = user.parse({ name, password: await hashPassword(password), grants })
    await this.#write([...this.users.filter((user) => user.name !== name), added])
  }

  /** Whether there was one. */
  async remove(name: string): Promise<boolean> {
    const remaining = this.users.filter((user) => user.name !== name)
    if (remaining.length === this.users.length) return false
    await this.#write(remaining)
    return true
  }

  async #write(users: readonly User[]): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 })
    const next = `${this.path}.${process.pid}.new`
    const handle = await open(next, 'w', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify({ users }, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(next, 0o600)
    await rename(next, this.path)
  }
}

function parseUsers(path: string, text: string): readonly User[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new UserFileError(`${path} is not JSON: ${(error as Error).message}`)
  }
  const parsed = file.safeParse(json)
  if (parsed.success) return parsed.data.users
  const [issue] = parsed.error.issues
  throw new UserFileError(`${path}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`)
}
