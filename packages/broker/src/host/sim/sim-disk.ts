/**
 * A disk in memory that fails as disks do. Every call counts and can be the one at which the process dies; what was
 * not synced when the power fails may be gone, in part or whole. `reboot` gives the disk that the next life finds.
 */
import { posix } from 'node:path'
import type { Disk, DiskEntry, DiskFile, DiskLock, DiskSpace, DiskVolume, FileSystemSync } from '../disk.ts'
import { PAGE_BYTES, PagedFile, type SyncInFlight } from './paged-file.ts'
import { SimDirectory, type SimNode } from './sim-directory.ts'
import { SimFaults } from './sim-faults.ts'
import { SimFile } from './sim-file.ts'
import { SimCrash, type SimDeath, type SimLife } from './sim-life.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'
import { systemError } from './system-error.ts'

/** The system calls that count, as `failNext` and the trace name them. */
export type DiskCall =
  | 'open'
  | 'size'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'writeback'
  | 'exists'
  | 'makeDirectory'
  | 'list'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'space'
  | 'lock'

export interface SimDiskOptions {
  /** Writes past it fail with ENOSPC [1 TiB]. */
  readonly capacityBytes?: number
  /** A sync takes from a tenth of it to all of it; one in fifty ten times that [2 ms]. */
  readonly syncMs?: number
}

const CAPACITY_BYTES = 2 ** 40
const SYNC_MS = 2
/** The probabilities with which unsynced things survive a power failure; a crash draws one of them. */
const SURVIVALS = [0, 0.2, 0.5, 0.8, 1]

export class SimDisk implements Disk {
  readonly openFilesMax = Number.POSITIVE_INFINITY
  /** System calls made so far in this life. */
  calls = 0
  readonly #world: SimWorld
  readonly #life: SimLife
  readonly #random: SimRandom
  readonly #options: SimDiskOptions
  readonly #root: SimDirectory
  readonly #locks = new Set<string>()
  readonly #faults = new SimFaults()
  #usedPages = 0
  /** What others have on this disk. */
  #foreignPages = 0
  #survivors: SimDirectory | null = null

  constructor(world: SimWorld, life: SimLife, random: SimRandom, options: SimDiskOptions = {}, root?: SimDirectory) {
    this.#world = world
    this.#life = life
    this.#random = random
    this.#options = options
    this.#root = root ?? new SimDirectory()
    this.#usedPages = takeOver(this.#root, new Set())
    life.onEnd((death) => this.#die(death))
  }

  /**
   * Lets the power fail, or the process be killed, at the call that makes `calls` this number: it is done, done in part or
   * not done.
   */
  crashAt(call: number, death: SimDeath = 'power'): void {
    this.#faults.dieAt(call, death)
  }

  /** The same at the next call of a kind about files of that name, if that comes sooner. */
  crashAtNext(kind: DiskCall, name: string, death: SimDeath = 'power'): void {
    this.#faults.dieAtNext(kind, name, death)
  }

  /**
   * Lets the next `count` calls of a kind fail with a system error's code. A sync that fails leaves its pages clean, yet not
   * durable; a write that fails may have written a part. With `name`, calls about files of that name.
   */
  failNext(kind: DiskCall, code: string, count = 1, name = ''): void {
    this.#faults.failNext(kind, code, count, name)
  }

  /** Takes back what `failNext` said; how many calls have not failed yet that were to. */
  forgetFailures(): number {
    return this.#faults.forgetFailures()
  }

  /** Lets each sync of a file, or of a directory and all in it, take from a tenth of `syncMs` to all of it. */
  slowDown(path: string, syncMs: number): void {
    this.#faults.slowDown(path, syncMs)
  }

  /** Lets others take all of the disk but so many bytes; infinity: they take nothing any more. */
  leaveFree(bytes: number): void {
    const free = Math.floor(this.#capacityBytes / PAGE_BYTES) - this.#usedPages
    this.#foreignPages = Math.max(0, free - Math.ceil(bytes / PAGE_BYTES))
  }

  /** Flips a bit of what a file holds: the medium decayed, and nobody was told. */
  decay(path: string, position: number, bit: number): void {
    const file = this.#find(path)
    if (file instanceof PagedFile) file.decay(position, bit)
  }

  /** Ends the life that uses this disk: by power failure, or by a kill that leaves the page cache. */
  crash(death: SimDeath = 'power'): void {
    this.#life.end(death)
  }

  /** The disk as the next life finds it. A disk that has not crashed crashes now. */
  reboot(life: SimLife = this.#world.begin(this.#life.name)): SimDisk {
    this.crash()
    return new SimDisk(this.#world, life, this.#random.fork(), this.#options, this.#survivors!)
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    return this.call('open', path, () => {
      const { parent, name } = this.#locate(path, 'open')
      let node = parent.entries.get(name)
      if (node === undefined) {
        if (mode !== 'create') throw systemError('ENOENT', 'open', path)
        node = new PagedFile()
        parent.set(name, node)
      }
      if (node instanceof SimDirectory) throw systemError('EISDIR', 'open', path)
      return new SimFile(this, node, path, mode === 'read')
    })
  }

  exists(path: string): boolean {
    return this.call('exists', path, () => this.#find(path) !== undefined)
  }

  fileSize(path: string): number {
    return this.call('size', path, () => {
      const node = this.#find(path)
      if (!(node instanceof PagedFile)) throw systemError('ENOENT', 'stat', path)
      return node.size
    })
  }

  makeDirectory(path: string): void {
    this.call('makeDirectory', path, () => {
      let directory = this.#root
      for (const name of segments(path)) {
        let child = directory.entries.get(name)
        if (child instanceof PagedFile) throw systemError('EEXIST', 'mkdir', path)
        if (child === undefined) {
          child = new SimDirectory()
          directory.set(name, child)
        }
        directory = child
      }
    })
  }

  list(path: string): DiskEntry[] {
    return this.call('list', path, () => {
      const { entries } = this.#directory(path, 'scandir')
      return [...entries.keys()]
        .sort()
        .map((name) => ({ name, isDirectory: entries.get(name) instanceof SimDirectory }))
    })
  }

  rename(from: string, to: string): void {
    this.call('rename', `${from} to ${to}`, () => {
      const source = this.#locate(from, 'rename')
      const target = this.#locate(to, 'rename')
      const node = source.parent.entries.get(source.name)
      const replaced = target.parent.entries.get(target.name)
      if (node === undefined) throw systemError('ENOENT', 'rename', from)
      if (node === replaced) return
      if (node instanceof SimDirectory && `${posix.resolve('/', to)}/`.startsWith(`${posix.resolve('/', from)}/`)) {
        throw systemError('EINVAL', 'rename', from)
      }
      if (replaced instanceof SimDirectory) {
        if (node instanceof PagedFile) throw systemError('EISDIR', 'rename', from)
        if (replaced.entries.size > 0) throw systemError('ENOTEMPTY', 'rename', from)
      } else if (replaced !== undefined && node instanceof SimDirectory) throw systemError('ENOTDIR', 'rename', from)
      source.parent.move(source.name, target.parent, target.name)
      if (replaced instanceof PagedFile) this.#letGo(replaced)
    })
  }

  remove(path: string): void {
    this.call('remove', path, () => {
      const { parent, name } = this.#locate(path, 'unlink', true)
      const node = parent?.entries.get(name)
      if (parent === undefined || node === undefined) return
      if (node instanceof SimDirectory) throw systemError('EISDIR', 'unlink', path)
      parent.set(name, null)
      this.#letGo(node)
    })
  }

  /** One by one, with time and crashes in between. */
  removeFiles(paths: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (at: number) => {
        if (at === paths.length) {
          resolve()
          return
        }
        const path = paths[at]!
        this.#world.schedule(this.#random.between(0.01, 1), 'disk', `removeFiles ${path}`, this.#life, () => {
          try {
            this.remove(path)
            next(at + 1)
          } catch (error) {
            if (error instanceof SimCrash) throw error
            reject(error)
          }
        })
      }
      next(0)
    })
  }

  /** Entry by entry, with time and crashes in between. */
  removeDirectory(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        this.#world.schedule(this.#random.between(0.01, 1), 'disk', `removeDirectory ${path}`, this.#life, () => {
          try {
            if (this.call('remove', path, () => this.#removeOne(path))) resolve()
            else next()
          } catch (error) {
            if (error instanceof SimCrash) throw error
            reject(error)
          }
        })
      }
      next()
    })
  }

  syncDirectory(path: string): void {
    this.call('syncDirectory', path, () => this.#directory(path, 'open').sync())
  }

  syncDirectoryLater(path: string, done: (error: Error | null) => void): void {
    this.call('open', path, () => {
      const end = this.#directory(path, 'open').beginSync()
      this.#afterSync(path, () => {
        try {
          this.#failIfAsked('syncDirectory', path)
        } catch (error) {
          done(error as Error)
          return
        }
        end()
        done(null)
      })
    })
  }

  openFileSystemSync(path: string): FileSystemSync {
    return { sync: () => this.#syncAll(path), close: () => {} }
  }

  /** Syncs all that is on this disk in its own time. */
  #syncAll(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.call('sync', path, () => {
        const nodes = [...this.#root.below()]
        const directories = nodes.filter((node) => node instanceof SimDirectory).map((node) => node.beginSync())
        const files = nodes
          .filter((node) => node instanceof PagedFile)
          .map((file) => ({ file, sync: file.beginSync() }))
        this.#afterSync(path, () => {
          try {
            this.#failIfAsked('sync', path)
          } catch (error) {
            for (const { file, sync } of files) file.failSyncUntold(sync)
            reject(error)
            return
          }
          for (const { file, sync } of files) file.completeSync(sync)
          for (const end of directories) end()
          resolve()
        })
      })
    })
  }

  space(path: string): DiskSpace {
    return this.call('space', path, () => {
      if (this.#find(path) === undefined) throw systemError('ENOENT', 'statfs', path)
      return {
        totalBytes: this.#capacityBytes,
        usedBytes: (this.#usedPages + this.#foreignPages) * PAGE_BYTES,
        freeBytes: Math.max(0, this.#capacityBytes - (this.#usedPages + this.#foreignPages) * PAGE_BYTES),
      }
    })
  }

  volume(): DiskVolume {
    return { id: 'simulated', lockPath: '/.odradek-cleaner.lock', freesLater: false }
  }

  lock(path: string): DiskLock | null {
    return this.call('lock', path, () => {
      const key = posix.resolve('/', path)
      const { parent, name } = this.#locate(path, 'lock')
      if (this.#locks.has(key)) return null
      if (!parent.entries.has(name)) parent.set(name, new PagedFile())
      this.#locks.add(key)
      let held = true
      return {
        release: () => {
          if (held) this.#locks.delete(key)
          held = false
        },
      }
    })
  }

  readFile(path: string): Buffer | null {
    if (!this.exists(path)) return null
    const file = this.open(path, 'read')
    const contents = Buffer.allocUnsafe(file.size())
    file.read(contents, 0, contents.length, 0)
    file.close()
    return contents
  }

  replaceFile(path: string, contents: Uint8Array | string): void {
    const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents
    const file = this.open(`${path}.tmp`, 'create')
    try {
      file.truncate(0)
      file.write(bytes, 0, bytes.length, 0)
      file.syncNow()
    } finally {
      file.close()
    }
    this.rename(`${path}.tmp`, path)
    this.syncDirectory(posix.dirname(posix.resolve('/', path)))
  }

  /**
   * Makes one system call: counts it, notes it, lets it fail or be the last. For the disk's own files.
   * `partly` is what the last call may do instead of all.
   */
  call<T>(kind: DiskCall, detail: string, run: () => T, partly?: () => void): T {
    if (!this.#life.alive) throw new SimCrash(`${kind} ${detail}`)
    this.calls++
    this.#world.noteOf(this.#life, kind, detail)
    if (this.#faults.isFatal(this.calls, kind, detail)) {
      const done = this.#random.below(3)
      if (done === 1) attempt(partly ?? run)
      if (done === 2) attempt(run)
      this.crash(this.#faults.death)
      throw new SimCrash(`${kind} ${detail}`)
    }
    if (kind !== 'sync' && kind !== 'writeback') this.#failIfAsked(kind, detail, partly)
    return run()
  }

  /** Writes to a file's pages, for `SimFile`; what fits is written before ENOSPC is thrown. */
  write(file: PagedFile, path: string, buffer: Uint8Array, start: number, end: number, position: number): void {
    const room = this.#roomPages
    const before = file.pageCount
    let fitting = end
    if (file.pagesMissing(position, position + end - start) > room) {
      while (fitting > start && file.pagesMissing(position, position + fitting - start) > room) {
        fitting -= (position + fitting - start) % PAGE_BYTES || PAGE_BYTES
      }
      fitting = Math.max(start, fitting)
    }
    file.write(buffer, start, fitting, position)
    this.#usedPages += file.pageCount - before
    if (fitting < end) throw systemError('ENOSPC', 'write', path)
  }

  /** Gives a range of a file room, for `SimFile`; false where there is none. */
  reserve(file: PagedFile, position: number, end: number): boolean {
    const pages = file.pagesMissing(position, end)
    if (pages > this.#roomPages) return false
    file.reserve(position, end)
    this.#usedPages += pages
    return true
  }

  /** Cuts or extends a file, for `SimFile`. */
  truncate(file: PagedFile, size: number): void {
    const before = file.pageCount
    file.truncate(size)
    this.#usedPages += file.pageCount - before
  }

  /** Syncs a file at once, for `SimFile`. */
  syncNow(file: PagedFile, path: string): void {
    const sync = file.beginSync()
    this.#endSync(file, sync, path)
  }

  /** Syncs a file in its own time, for `SimFile`. */
  syncLater(file: PagedFile, path: string, done: (error: Error | null) => void): void {
    const sync = file.beginSync()
    this.#afterSync(path, () => {
      let failure: Error | null = null
      try {
        this.#endSync(file, sync, path)
      } catch (error) {
        failure = error as Error
      }
      done(failure)
    })
  }

  /**
   * Begins to write what is dirty in its own time, for `SimFile`: none of it is durable for that. When the power fails any part
   * of it may have arrived, but that it may without.
   */
  writebackLater(path: string, done: (error: Error | null) => void): void {
    this.#afterSync(path, () => {
      let failure: Error | null = null
      try {
        this.#failIfAsked('writeback', path)
      } catch (error) {
        failure = error as Error
      }
      done(failure)
    })
  }

  /** Does `run` after the time that a sync of `path` takes. */
  #afterSync(path: string, run: () => void): void {
    const longest = this.#faults.slowness(path) ?? this.#options.syncMs ?? SYNC_MS
    const delay = this.#random.between(longest / 10, longest) * (this.#random.chance(0.02) ? 10 : 1)
    this.#world.schedule(delay, 'disk', `synced ${path}`, this.#life, run)
  }

  /** Closes a handle, for `SimFile`. */
  close(file: PagedFile): void {
    if (!this.#life.alive) return
    file.handles--
    this.#letGo(file)
  }

  /** Frees a file's pages when nothing leads to it any more. */
  #letGo(file: PagedFile): void {
    if (file.links === 0 && file.handles === 0) this.#usedPages -= file.pageCount
  }

  get #roomPages(): number {
    return Math.max(0, Math.floor(this.#capacityBytes / PAGE_BYTES) - this.#usedPages - this.#foreignPages)
  }

  get #capacityBytes(): number {
    return this.#options.capacityBytes ?? CAPACITY_BYTES
  }

  #endSync(file: PagedFile, sync: SyncInFlight, path: string): void {
    try {
      this.#failIfAsked('sync', path)
      if (file.takeUntoldFailure()) throw systemError('EIO', 'fdatasync', path)
    } catch (error) {
      file.failSync(sync)
      throw error
    }
    file.completeSync(sync)
  }

  #failIfAsked(kind: DiskCall, detail: string, partly?: () => void): void {
    const code = this.#faults.takeFailure(kind, detail)
    if (code === null) return
    if (partly !== undefined && this.#random.chance(0.5)) attempt(partly)
    this.#world.note(this.#life, `${kind} ${detail} fails: ${code}`)
    throw systemError(code, kind, detail)
  }

  #die(death: SimDeath): void {
    if (death === 'process') {
      this.#survivors = this.#root
      return
    }
    const survival = SURVIVALS[this.#random.below(SURVIVALS.length)]!
    this.#survivors = this.#root.afterPowerLoss(this.#random, survival)
  }

  /** Removes the first leaf below a directory, or the directory when it is empty: true then. */
  #removeOne(path: string): boolean {
    let { parent, name } = this.#locate(path, 'rm', true)
    const top = parent
    for (let node = parent?.entries.get(name); node !== undefined; ) {
      if (node instanceof PagedFile || node.entries.size === 0) {
        parent!.set(name, null)
        if (node instanceof PagedFile) this.#letGo(node)
        return parent === top
      }
      parent = node
      const [childName, child] = node.entries.entries().next().value!
      name = childName
      node = child
    }
    return true
  }

  #find(path: string): SimNode | undefined {
    return this.#walk(segments(path))
  }

  #walk(names: readonly string[]): SimNode | undefined {
    let node: SimNode | undefined = this.#root
    for (const name of names) node = node instanceof SimDirectory ? node.entries.get(name) : undefined
    return node
  }

  #directory(path: string, syscall: string): SimDirectory {
    const node = this.#find(path)
    if (node === undefined) throw systemError('ENOENT', syscall, path)
    if (node instanceof PagedFile) throw systemError('ENOTDIR', syscall, path)
    return node
  }

  #locate(path: string, syscall: string): { parent: SimDirectory; name: string }
  #locate(path: string, syscall: string, mayMiss: true): { parent: SimDirectory | undefined; name: string }
  #locate(path: string, syscall: string, mayMiss = false): { parent: SimDirectory | undefined; name: string } {
    const names = [...segments(path)]
    const name = names.pop()
    if (name === undefined) throw systemError('EBUSY', syscall, path)
    const parent = this.#walk(names)
    if (parent instanceof SimDirectory) return { parent, name }
    if (parent === undefined && mayMiss) return { parent, name }
    throw systemError(parent === undefined ? 'ENOENT' : 'ENOTDIR', syscall, path)
  }
}

/** The parts of paths that were asked for: a world asks for few, again and again. */
const known = new Map<string, readonly string[]>()
const KNOWN_MAX = 10_000

function segments(path: string): readonly string[] {
  const found = known.get(path)
  if (found !== undefined) return found
  const names = posix
    .resolve('/', path)
    .split('/')
    .filter((name) => name !== '')
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(path, names)
  return names
}

/** Closes what an earlier life left open, and counts the pages in use. */
function takeOver(node: SimNode, counted: Set<SimNode>): number {
  if (counted.has(node)) return 0
  counted.add(node)
  if (node instanceof PagedFile) {
    node.handles = 0
    return node.pageCount
  }
  let pages = 0
  for (const child of node.entries.values()) pages += takeOver(child, counted)
  return pages
}

/** What the dying process would have been told is told to nobody. */
function attempt(run: () => unknown): void {
  try {
    run()
  } catch {}
}
