/** Machines that break a promise which the broker builds on: a simulation that does not notice proves nothing. */
import type { Disk, DiskFile } from '@odradek/broker/src/host/disk.ts'
import type { SimHost } from '@odradek/broker/src/host/sim/index.ts'
import type { Mutation } from './broker-life.ts'

export const mutants: Readonly<Record<string, Mutation>> = {
  /** fdatasync says that it is done, and does nothing. */
  'sync-does-nothing': (host) => withDisk(host, { open: (path, mode) => unsynced(host, host.disk.open(path, mode)) }),
  /** fsync of a directory says that it is done, and does nothing. */
  'directory-sync-does-nothing': (host) => withDisk(host, { syncDirectory: () => {} }),
  /** Cutting a file says that it is done, and does nothing. */
  'truncate-does-nothing': (host) =>
    withDisk(host, { open: (path, mode) => wrap(host.disk.open(path, mode), { truncate: () => {} }) }),
}

function withDisk(host: SimHost, changes: Partial<Disk>): SimHost {
  return Object.create(host, { disk: { value: wrap(host.disk, changes) } })
}

function unsynced(host: SimHost, file: DiskFile): DiskFile {
  return wrap(file, {
    sync: (done) => host.world.schedule(1, 'disk', `not synced ${file.path}`, null, () => host.alive && done(null)),
    syncNow: () => {},
  })
}

/** `object` with some methods replaced. */
function wrap<T extends object>(object: T, changes: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const changed = changes[name as keyof T]
      if (changed !== undefined) return changed
      const value = target[name as keyof T]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
