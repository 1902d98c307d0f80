/**
 * The key by which the console seals what it keeps in a cluster and must not be read there: made when it is first needed, in
 * a file that only its owner can read. Consoles that share a cluster's rules share the file.
 *
 * The file has one key a line. The first seals; all of them open, so that a key can be changed: a new first line, everything
 * sealed anew, then the older lines go, into a file beside it. A console that runs reads the file again when it has changed.
 *
 * The file is only ever replaced as a whole, by one at a time (`….lock`), where a symbolic link leads, and stays its owner's.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'
/** A change of the file takes a moment; who finds another under way waits for so long. */
const LOCK_WAIT_MS_MAX = 1_000
const LOCK_LOOK_MS = 20

/** Why the file cannot be used or changed, and what to do. */
export class ConsoleKeyError extends Error {}

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

/**
 * Puts a new key before those of the file, which is made if it is not there. Returns how many there are then.
 * @param like a file whose owner gets the first key
 */
export function rotateConsoleKey(path: string, like?: string): number {
  return changed(path, (file) => {
    // One that was made this moment by a console may have sealed already: it is kept.
    if (stampOf(file) === null && make(file, like)) return 1
    const keys = readKeys(file)
    replace(file, [randomBytes(KEY_BYTES), ...keys], file)
    return keys.length + 1
  })
}

/** Leaves only the key that seals in the file. The others open nothing any more, and are kept in `keptIn` until somebody removes that. */
export function forgetOldConsoleKeys(path: string): { readonly count: number; readonly keptIn: string } {
  return changed(path, (file) => {
    const [first, ...old] = readKeys(file)
    const keptIn = `${file}.forgotten`
    if (old.length === 0) return { count: 0, keptIn }
    const before = existsSync(keptIn) ? readKeys(keptIn) : []
    const unknown = old.filter((key) => !before.some((one) => one.equals(key)))
    // First: between the two writes nothing is lost.
    replace(keptIn, [...unknown, ...before], file)
    replace(file, [first!], file)
    return { count: old.length, keptIn }
  })
}

/** Changes the file a path leads to, nobody else at the same time. */
function changed<T>(path: string, change: (file: string) => T): T {
  const file = target(path)
  const lock = `${file}.lock`
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const until = performance.now() + LOCK_WAIT_MS_MAX
  while (!taken(lock)) {
    if (performance.now() >= until) {
      throw new ConsoleKeyError(
        `${lock} is there: somebody else changes the key. If nobody does, remove it and try again`,
      )
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_LOOK_MS)
  }
  try {
    return change(file)
  } finally {
    unlinkSync(lock)
  }
}

function taken(lock: string): boolean {
  try {
    writeFileSync(lock, '', { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Where a symbolic link leads, also to a file that is not there yet: replaced itself it would part from its target. */
function target(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  return isLink ? target(resolve(dirname(path), readlinkSync(path))) : path
}

function readKeys(path: string): Buffer[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const keys = lines.map((line) => Buffer.from(line.trim(), 'base64'))
  const wrong = keys.findIndex((key) => key.length !== KEY_BYTES)
  if (keys.length > 0 && wrong < 0) return keys
  throw new ConsoleKeyError(
    keys.length === 0
      ? `${path} is empty: restore it, or remove it and enter again what it sealed`
      : `${path} has no key of the console in line ${wrong + 1}: restore it, or remove it and enter again what it sealed`,
  )
}

/** Changes with the file's content; null where there is none. */
function stampOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? null : `${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

/** Written beside the file, as its owner's where `like` is somebody else's: root may act for a console that is not root. */
function draft(path: string, keys: readonly Buffer[], like: string | undefined): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const text = keys.map((key) => `${key.toString('base64')}\n`).join('')
  writeFileSync(mine, text, { mode: 0o600, flush: true })
  const owner = like === undefined ? undefined : statSync(like, { throwIfNoEntry: false })
  const { uid, gid } = statSync(mine)
  try {
    if (owner !== undefined && (owner.uid !== uid || owner.gid !== gid)) chownSync(mine, owner.uid, owner.gid)
  } catch (error) {
    // A group's name counts for nothing here, for only the owner can read.
    if (owner!.uid !== uid) {
      unlinkSync(mine)
      throw error
    }
  }
  return mine
}

function replace(path: string, keys: readonly Buffer[], like: string): void {
  renameSync(draft(path, keys, like), path)
  flushDirectory(path)
}

/** Two consoles that start at once agree on one: the first that links its file into place. Returns whether that was this one. */
function make(path: string, like?: string): boolean {
  const file = target(path)
  const mine = draft(file, [randomBytes(KEY_BYTES)], like)
  try {
    linkSync(mine, file)
    flushDirectory(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    unlinkSync(mine)
  }
}

/** A name outlives a power failure once its directory is on disk. Windows opens no directories. */
function flushDirectory(path: string): void {
  if (process.platform === 'win32') return
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
