import type { Job } from '../host/offload.ts'

/** Removes files beside the loop: to free a gigabyte takes tens of milliseconds. */
export const job: Job<{ readonly paths: readonly string[] }, null> = {
  module: import.meta.url,
  run(disk, { paths }) {
    for (const path of paths) disk.remove(path)
    return null
  },
}
