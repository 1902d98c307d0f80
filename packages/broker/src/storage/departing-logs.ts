/**
 * Letting go of logs: nothing is known of them any more, and nobody finds them under their name. In this order, so that no
 * crash gives what one had to another of its name:
 *
 *     1  the journal says, durably, that it holds nothing of them; on a full disk it says so when others take their names
 *     2  the checkpoints forget them
 *     3  their directories get another name (aside-names.ts); once that is durable they are removed, or kept aside
 *
 * A step that fails takes the data directory offline: what is left under its name is found by the next start, which sets it
 * aside.
 */
import type { Logger } from 'pino'
import type { Disk } from '../host/disk.ts'
import type { AsideNames, AsideSuffix } from './aside-names.ts'
import type { DeletedFiles } from './deleted-files.ts'
import type { Log } from './log.ts'
import type { LogCheckpoints } from './log-checkpoints.ts'

export interface DepartingLogsOptions {
  readonly disk: Disk
  /** The data directory. */
  readonly directory: string
  readonly asideNames: AsideNames
  readonly deletedFiles: DeletedFiles
  readonly checkpoints: LogCheckpoints
  readonly logger: Logger
  /** The journal holds nothing for them from now on. Throws I/O errors. */
  readonly leaveJournaled: (logs: readonly Log[]) => void
  readonly isOffline: () => boolean
  /** Takes the data directory offline, unless it is closed. */
  readonly failed: (error: Error) => void
}

export class DepartingLogs {
  readonly #options: DepartingLogsOptions

  constructor(options: DepartingLogsOptions) {
    this.#options = options
  }

  /** Removes the directories of logs, off the loop. */
  delete(logs: readonly Log[]): void {
    this.#letGo(logs, '-delete', (target) => this.#options.deletedFiles.addDirectory(target))
  }

  /** Keeps what is left of a damaged log whose records are fetched anew, until its room is needed. */
  setDamagedAside(log: Log): void {
    const { disk, directory, deletedFiles, logger, failed } = this.#options
    this.#letGo([log], '-damaged', (target) => {
      logger.warn({ directory: target }, 'A damaged replica was set aside. It is removed when its room is needed.')
      deletedFiles.keepDirectory(`${log.topic}-${log.partition}`, target)
      disk.syncDirectoryLater(directory, (error) => {
        if (error !== null) failed(error)
      })
    })
  }

  #letGo(logs: readonly Log[], suffix: AsideSuffix, moved: (target: string) => void): void {
    const { directory, asideNames, checkpoints, leaveJournaled, isOffline } = this.#options
    this.#orFail(() => leaveJournaled(logs))
    for (const log of logs) {
      if (isOffline()) log.close(false)
      this.#orFail(() => {
        checkpoints.delete(log.topic, log.partition)
        const target = `${directory}/${asideNames.next(`${log.topic}-${log.partition}`, suffix)}`
        if (log.moveTo(target)) moved(target)
      })
    }
  }

  /** Does what it takes to let go of logs, unless the directory is offline; it is where that fails. */
  #orFail(run: () => void): void {
    const { directory, logger, isOffline, failed } = this.#options
    if (isOffline()) return
    try {
      run()
    } catch (error) {
      logger.error({ directory, err: error }, 'Logs could not be let go of.')
      failed(error as Error)
    }
  }
}
