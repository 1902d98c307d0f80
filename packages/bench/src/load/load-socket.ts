import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { LoadError } from './load.ts'

/** All sockets read into one buffer: what arrives is used up before the next read. */
const shared = Buffer.allocUnsafeSlow(256 * 1024)

/**
 * A connection to a server under load. `received` borrows the buffer; what it throws, and a connection that the server
 * ends, goes to `failed` once.
 */
export async function openLoadSocket(
  address: { readonly host: string; readonly port: number },
  received: (buffer: Buffer, length: number) => void,
  failed: (error: Error) => void,
): Promise<Socket> {
  const socket = connect({
    ...address,
    noDelay: true,
    onread: {
      buffer: shared,
      callback(length) {
        try {
          received(shared, length)
          return true
        } catch (error) {
          failed(error as Error)
          return false
        }
      },
    },
  })
  await once(socket, 'connect')
  socket.on('error', failed)
  socket.on('end', () => failed(new LoadError('The server closed a connection')))
  return socket
}

/** The descriptor of a connected socket, or null where Node does not tell (it is private to Node). */
export function descriptorOf(socket: Socket): number | null {
  const fd = (socket as unknown as { _handle?: { fd?: unknown } | null })._handle?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : null
}
