/**
 * The real machine, but for syncs of files and directories that a test holds up or lets fail, reads that it lets fail, and paths for
 * which too many files are open.
 */
import type { Disk } from '../../src/host/disk.ts'
import type { Host } from '../../src/host/host.ts'
import { createNodeHost } from '../../src/host/node/node-host.ts'

type Landed = (error: Error | null) => void

export class HeldDisk {
  readonly host: Host
  /** Syncs that were asked for, of paths that are held. */
  readonly held: (() => void)[] = []
  #holds: RegExp | null = null
  #fails: RegExp | null = null
  #unreadable: RegExp | null = null
  /** Whether the system does not tell how much room there is. */
  isRoomUntold = false
  #crowded: RegExp | null = null

  constructor() {
    const real = createNodeHost()
    const open: Disk['open'] = (path, mode) => {
      this.#look(path)
      const file = real.disk.open(path, mode)
      const sync = file.sync.bind(file)
      file.sync = (done) => this.#sync(path, sync, done)
      const read = file.read.bind(file)
      file.read = (...range) => {
        if (this.#unreadable?.test(path)) throw inputError()
        return read(...range)
      }
      return file
    }
    const disk = new Proxy(real.disk, {
      get: (target, name) => {
        if (name === 'open') return open
        if (name === 'space' && this.isRoomUntold) throw inputError()
        if (name === 'exists' || name === 'readFile')
          return (path: string) => {
            this.#look(path)
            return target[name](path)
          }
        if (name === 'syncDirectory')
          return (path: string) => {
            if (this.#fails?.test(path)) throw inputError()
            target.syncDirectory(path)
          }
        const value = target[name as keyof Disk] as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    this.host = { ...real, disk }
  }

  /** From now on syncs of files with such a path do not end until `release`. */
  hold(paths: RegExp): void {
    this.#holds = paths
  }

  /** Lets all that is held go on, and holds nothing more. */
  release(): void {
    this.#holds = null
    for (const go of this.held.splice(0)) go()
  }

  /** From now on syncs of files and directories with such a path fail. */
  fail(paths: RegExp): void {
    this.#fails = paths
  }

  /** From now on files with such a path cannot be read; null: all can. */
  failReads(paths: RegExp | null): void {
    this.#unreadable = paths
  }

  /** From now on too many files are open to look at one with such a path; null: not any more. */
  crowd(paths: RegExp | null): void {
    this.#crowded = paths
  }

  #look(path: string): void {
    if (this.#crowded?.test(path)) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
  }

  #sync(path: string, sync: (done: Landed) => void, done: Landed): void {
    if (this.#fails?.test(path)) queueMicrotask(() => done(inputError()))
    else if (this.#holds?.test(path)) this.held.push(() => sync(done))
    else sync(done)
  }
}

function inputError(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
}
