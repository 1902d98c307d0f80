/**
 * The key by which the console seals what it keeps in a cluster and must not be read there: made when it is first needed, in
 * a file that only its owner can read. Consoles that share a cluster's rules share the file.
 *
 * The file has one key a line. The first seals; all of them open, so that a key can be changed: a new first line, everything
 * sealed anew, then the older lines go. A console that runs reads the file again when it has changed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** What was sealed, opened; `isOld`: by a key that seals no more. */
export interface Opened {
  readonly text: string
  readonly isOld: boolean
}

export class ConsoleKey {
  readonly #path: string | null
  #keys: readonly Buffer[] = []
  /** Of the file, as it was when it was read. */
  #stamp = ''

  /** Without a path the key is the process's own, and what it sealed is lost with it. */
  constructor(path: string | null) {
    this.#path = path
  }

  /** Seals a text for `purpose`: nobody else can open it, or use it for something else. Throws where the file cannot be used. */
  seal(text: string, purpose: string): string {
    const iv = randomBytes(IV_BYTES)
    const [key] = this.#load(true)
    const cipher = createCipheriv(CIPHER, key!, iv).setAAD(Buffer.from(purpose))
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return sealed.toString('base64')
  }

  /** null where a key that is not in the file sealed it, or for another purpose. Throws where the file cannot be used. */
  open(sealed: string, purpose: string): Opened | null {
    const bytes = Buffer.from(sealed, 'base64')
    if (bytes.length < IV_BYTES + TAG_BYTES) return null
    for (const [at, key] of this.#load(false).entries()) {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
        return { text: text.toString('utf8'), isOld: at > 0 }
      } catch {
        // Another key, or nobody's.
      }
    }
    return null
  }

  /** Why the file cannot be used, with its name; null: it can, or is not needed yet. */
  problem(): string | null {
    try {
      this.#load(false)
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  /** The keys, the one that seals first. None where there is no file and none is wanted. */
  #load(isWanted: boolean): readonly Buffer[] {
    if (this.#path === null) {
      if (isWanted && this.#keys.length === 0) this.#keys = [randomBytes(KEY_BYTES)]
      return this.#keys
    }
    let stamp = stampOf(this.#path)
    if (stamp === null) {
      this.#keys = []
      this.#stamp = ''
      if (!isWanted) return []
      make(this.#path)
      stamp = stampOf(this.#path) ?? ''
    }
    if (stamp !== this.#stamp) {
      this.#keys = readKeys(this.#path)
      this.#stamp = stamp
    }
    return this.#keys
  }
}

/** Puts a new key before those of the file, which is made if it is not there. Returns how many there are then. */
export function rotateConsoleKey(path: string): number {
  const keys = stampOf(path) === null ? [] : readKeys(path)
  replace(path, [randomBytes(KEY_BYTES), ...keys])
  return keys.length + 1
}

/** Leaves only the key that seals in the file: what others sealed is lost. Returns how many went. */
export function forgetOldConsoleKeys(path: string): number {
  const [first, ...old] = readKeys(path)
  replace(path, [first!])
  return old.length
}

function readKeys(path: string): Buffer[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const keys = lines.map((line) => Buffer.from(line.trim(), 'base64'))
  const wrong = keys.findIndex((key) => key.length !== KEY_BYTES)
  if (keys.length > 0 && wrong < 0) return keys
  const where = keys.length === 0 ? 'is empty' : `has no key of the console in line ${wrong + 1}`
  throw new Error(`${path} ${where}: restore it, or remove it and enter again what it sealed`)
}

/** Changes with the file's content; null where there is none. */
function stampOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? null : `${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

function draft(path: string, keys: readonly Buffer[]): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const text = keys.map((key) => `${key.toString('base64')}\n`).join('')
  writeFileSync(mine, text, { mode: 0o600, flush: true })
  return mine
}

function replace(path: string, keys: readonly Buffer[]): void {
  renameSync(draft(path, keys), path)
}

/** Two consoles that start at once agree on one: the first that links its file into place. */
function make(path: string): void {
  const mine = draft(path, [randomBytes(KEY_BYTES)])
  try {
    linkSync(mine, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(mine)
  }
}
