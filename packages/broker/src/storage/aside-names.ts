/**
 * The names of directories that were logs, `<topic>-<partition>` before. The hex is unique and begins with when the name was
 * given, so that those of a log sort by that:
 *
 *     <topic>-<partition>.<hex>-delete    deleted, being removed
 *     <topic>-<partition>.<hex>-stray     no topic of the cluster claims it; kept for a person
 *     <topic>-<partition>.<hex>-damaged   fetched anew since; kept until its room is needed
 */
import type { Host } from '../host/host.ts'

/** Nothing else that ends so is ours to remove. */
const DELETED = /\.[0-9a-f]{32}-delete$/
/** Those that `odradek log repair` sets aside have a number: they are not ours to remove. */
const DAMAGED = /^(.+-\d+)\.[0-9a-f]{32}-damaged$/
/** Of a name's hex, so much is the time: milliseconds since the epoch. */
const TIME_BYTES = 6
const FILE_NAME_CHARACTERS_MAX = 255

export type AsideSuffix = '-delete' | '-stray' | '-damaged'

export class AsideNames {
  readonly #host: Pick<Host, 'clock' | 'random'>
  /** The time that the last name had. */
  #namedMs = 0

  constructor(host: Pick<Host, 'clock' | 'random'>) {
    this.#host = host
  }

  /** A name that no other directory has, cut so that the file system takes it. */
  next(name: string, suffix: AsideSuffix): string {
    const { clock, random } = this.#host
    const bytes = random.bytes(16)
    this.#namedMs = Math.max(clock.now(), this.#namedMs + 1)
    bytes.writeUIntBE(this.#namedMs, 0, TIME_BYTES)
    const unique = `.${bytes.toString('hex')}${suffix}`
    return name.slice(0, FILE_NAME_CHARACTERS_MAX - unique.length) + unique
  }
}

/** Whether a directory of that name was deleted. */
export function isDeletedName(name: string): boolean {
  return DELETED.test(name)
}

/** The name that a damaged log had before it got this one; null where it is none. */
export function damagedLogOf(name: string): string | null {
  return DAMAGED.exec(name)?.[1] ?? null
}
