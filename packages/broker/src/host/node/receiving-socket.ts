/**
 * Sockets whose input all lands in one buffer. A `'data'` event costs a fresh 64 KiB buffer per read, three to four
 * times the CPU. libuv reads when the loop says that input is there and calls back before it reads anything else, so
 * one buffer serves every connection as long as nobody keeps its bytes.
 *
 * `net.Server` has no option for it. So its accepted socket hands its handle over to a second one, which is made with
 * `onread`. The handle is private to Node: where it is not as expected, `'data'` events serve instead.
 */
import net from 'node:net'

/** More falls out of the processor's second-level cache, less costs system calls. */
const RECEIVE_BYTES = 256 * 1024

let shared: { buffer: Buffer; view: DataView } | null = null

export type Receive = (buffer: Buffer, view: DataView, start: number, end: number) => void

interface PrivateHandle {
  readonly _handle?: { readonly useUserBuffer?: unknown; readonly readStart?: unknown } | null
}

/** Whether an accepted socket's handle can be handed over. */
export function hasAdoptableHandle(accepted: net.Socket): boolean {
  const handle = (accepted as unknown as PrivateHandle)._handle
  return typeof handle?.useUserBuffer === 'function' && typeof handle.readStart === 'function'
}

/** A socket for `accepted`'s connection that reads into the shared buffer; `accepted` is of no more use. */
export function adoptHandle(accepted: net.Socket, receive: Receive): net.Socket {
  const owner = accepted as unknown as { _handle: unknown }
  const handle = owner._handle
  owner._handle = null
  const options = { handle, allowHalfOpen: true, onread: intoSharedBuffer(receive) }
  return new net.Socket(options as net.SocketConstructorOpts)
}

/** A socket that connects to `address`, and reads into the shared buffer. */
export function connectSocket(address: { host: string; port: number }, receive: Receive): net.Socket {
  const { host, port } = address
  return net.connect({ host, port, noDelay: true, allowHalfOpen: true, onread: intoSharedBuffer(receive) })
}

function intoSharedBuffer(receive: Receive): net.OnReadOpts {
  if (shared === null) {
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES)
    shared = { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength) }
  }
  const { buffer, view } = shared
  return {
    buffer,
    callback(count: number) {
      receive(buffer, view, 0, count)
      return true
    },
  }
}

/** The same by `'data'` events, for sockets that cannot be adopted. */
export function receiveByEvents(socket: net.Socket, receive: Receive): net.Socket {
  socket.on('data', (chunk: Buffer) => {
    receive(chunk, new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength), 0, chunk.length)
  })
  return socket
}
