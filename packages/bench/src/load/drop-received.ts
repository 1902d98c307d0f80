/**
 * Drops bytes that have arrived at a socket without copying them (Linux: `recv` with MSG_TRUNC), so that a generator that
 * has no use for them takes nothing of the machine that the server could have. Node has no word for it but `node:ffi`,
 * which is experimental: without it nothing is dropped here, and the bytes come as any others.
 */
import { createRequire } from 'node:module'

const MSG_DONTWAIT = 0x40
const MSG_TRUNC = 0x20

interface Libc {
  readonly recv: (socket: number, buffer: bigint, length: bigint, flags: number) => bigint | number
}

const libc = load()

/** How many of up to `length` bytes at hand were dropped; 0 or less where there are none, or where that cannot be. */
export function dropReceived(socket: number, length: number): number {
  return libc === null ? 0 : Number(libc.recv(socket, 0n, BigInt(length), MSG_DONTWAIT | MSG_TRUNC))
}

function load(): Libc | null {
  if (process.platform !== 'linux') return null
  try {
    const ffi = createRequire(import.meta.url)('node:ffi') as {
      dlopen(path: null, table: object): { readonly functions: Libc }
    }
    const recv = { arguments: ['int32', 'pointer', 'uint64', 'int32'], return: 'int64' }
    return ffi.dlopen(null, { recv }).functions
  } catch {
    return null
  }
}
