/**
 * Damage to what was durable: not what a crash leaves, but a disk that lost or changed what it held. A log in which it is
 * found serves nothing any more, lest wrong records be taken for right ones. It is noted in the log's directory, so that
 * later starts need not find it again: `odradek log repair` takes the note away.
 */
import { CorruptBatchError } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Disk } from '../host/disk.ts'

/** The note, in the partition's directory: JSON of a `Damage`. */
export const DAMAGE_NOTE = 'damaged.json'

export interface Damage {
  /** The name of the file, without its directory. */
  readonly file: string
  /** Byte in it, -1 when it is about the file as a whole. */
  readonly position: number
  readonly problem: string
  /** Epoch milliseconds. */
  readonly foundMs: number
}

/** Thrown where a log turns out to be damaged. */
export class DamagedLogError extends CorruptBatchError {
  readonly damage: Damage

  constructor(directory: string, damage: Damage) {
    const at = damage.position < 0 ? '' : ` at byte ${damage.position}`
    super(
      `${directory}/${damage.file}${at}: ${damage.problem.replace(/\.$/, '')}. The log is not served until it is repaired ` +
        `(odradek log repair ${directory}).`,
    )
    this.damage = damage
  }
}

/** The note in `directory`, null without. One that cannot be read is damage all the same. */
export function readDamage(disk: Disk, directory: string): Damage | null {
  const bytes = disk.readFile(`${directory}/${DAMAGE_NOTE}`)
  if (bytes === null) return null
  const unknown: Damage = { file: DAMAGE_NOTE, position: -1, problem: 'damage was noted here', foundMs: 0 }
  try {
    return { ...unknown, ...(JSON.parse(bytes.toString()) as Damage) }
  } catch {
    return unknown
  }
}

/** Notes damage, durably. */
export function noteDamage(disk: Disk, directory: string, damage: Damage): void {
  disk.replaceFile(`${directory}/${DAMAGE_NOTE}`, `${JSON.stringify(damage)}\n`)
}

/** Tells of the damage of the log in `directory`, and notes it, durably, where that was not done. Throws I/O errors. */
export function tellDamage(
  { disk, logger, directory }: { disk: Disk; logger: Logger; directory: string },
  { damage }: DamagedLogError,
): void {
  logger.error(
    { directory, ...damage },
    'A log is damaged: it is offline. Run odradek log repair on its directory while the broker is stopped.',
  )
  if (readDamage(disk, directory) === null) noteDamage(disk, directory, damage)
}
