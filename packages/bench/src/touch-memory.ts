import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BLOCK_BYTES = 1024 * 1024

/**
 * Has so many GiB of page cache written and given back, so that what is measured next is written to memory that was in use a
 * moment ago. A virtual machine pays for memory that it has not used for a while: the first touch of a page can cost ten
 * times what writing it costs.
 */
export function touchMemory(gibibytes: number): void {
  if (gibibytes === 0) return
  const directory = mkdtempSync(join(tmpdir(), 'odradek-bench-'))
  try {
    const file = openSync(join(directory, 'touched'), 'w')
    const block = Buffer.alloc(BLOCK_BYTES)
    for (let written = 0; written < gibibytes * 1024; written += 1) writeSync(file, block)
    closeSync(file)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
