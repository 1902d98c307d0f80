/**
 * The key by which the console seals what it keeps in a cluster and must not be read there: made when it is first needed, in
 * a file that only its owner can read. Consoles that share a cluster's rules share the file.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

export class ConsoleKey {
  readonly #path: string | null
  #key: Buffer | null = null

  /** Without a path the key is the process's own, and what it sealed is lost with it. */
  constructor(path: string | null) {
    this.#path = path
  }

  /** Seals a text for `purpose`: nobody else can open it, or use it for something else. Throws what the system says of the file. */
  seal(text: string, purpose: string): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.#load(true)!, iv).setAAD(Buffer.from(purpose))
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return sealed.toString('base64')
  }

  /** The text; null where another key sealed it, or for another purpose. */
  open(sealed: string, purpose: string): string | null {
    const key = this.#load(false)
    const bytes = Buffer.from(sealed, 'base64')
    if (key === null || bytes.length < IV_BYTES + TAG_BYTES) return null
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
    } catch {
      return null
    }
  }

  #load(isWanted: boolean): Buffer | null {
    if (this.#key !== null) return this.#key
    if (this.#path === null) {
      this.#key = isWanted ? randomBytes(KEY_BYTES) : null
      return this.#key
    }
    try {
      this.#key = this.#read(this.#path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      if (!isWanted) return null
      make(this.#path)
      this.#key = this.#read(this.#path)
    }
    return this.#key
  }

  #read(path: string): Buffer {
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
    if (key.length !== KEY_BYTES) throw new Error(`${path} is no key of the console: remove it, or restore it`)
    return key
  }
}

/** Two consoles that start at once agree on one: the first that links its file into place. */
function make(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(mine, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(mine, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(mine)
  }
}
