/** Stands between the generator and a server, and changes what goes through: a broker that errs, made from one that does not. */
import { once } from 'node:events'
import net from 'node:net'

/** One frame, its length excluded. Returns what goes on in its place; null is nothing. */
export type Tamper = (frame: Buffer, about: { readonly key: number; readonly correlationId: number }) => Buffer | null

export interface TamperingProxy extends AsyncDisposable {
  readonly port: number
  /** How many frames were changed or withheld. */
  readonly tampered: number
}

/** Clients are told the address of the server behind, so `request` and `response` also see the proxy's own Metadata. */
export async function tamperingProxy(
  target: number,
  tamper: { readonly request?: Tamper; readonly response?: Tamper },
): Promise<TamperingProxy> {
  let tampered = 0
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ port: target, host: '127.0.0.1', noDelay: true })
    const keys = new Map<number, number>()
    const pass = (from: net.Socket, to: net.Socket, change: (frame: Buffer) => Buffer | null) => {
      sockets.add(from)
      let rest: Buffer = Buffer.alloc(0)
      from.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk])
        while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
          const end = 4 + rest.readInt32BE(0)
          const frame = Buffer.from(rest.subarray(4, end))
          const original = Buffer.from(frame)
          rest = rest.subarray(end)
          const changed = change(frame)
          if (changed === null || !changed.equals(original)) tampered += 1
          if (changed === null) continue
          const length = Buffer.alloc(4)
          length.writeInt32BE(changed.length)
          to.write(Buffer.concat([length, changed]))
        }
      })
      from.on('close', () => to.destroy())
      from.on('error', () => {})
    }
    pass(client, upstream, (frame) => {
      const key = frame.readInt16BE(0)
      const correlationId = frame.readInt32BE(4)
      keys.set(correlationId, key)
      return tamper.request?.(frame, { key, correlationId }) ?? (tamper.request ? null : frame)
    })
    pass(upstream, client, (frame) => {
      const correlationId = frame.readInt32BE(0)
      const about = { key: keys.get(correlationId) ?? -1, correlationId }
      keys.delete(correlationId)
      return redirected(tamper.response ? tamper.response(frame, about) : frame, about.key)
    })
  })
  const redirected = (frame: Buffer | null, key: number) => {
    // Metadata version 4 tells the port of its one broker: it must be this one.
    if (key !== 3 || frame === null) return frame
    const at = frame.indexOf(portBytes(target))
    if (at >= 0) portBytes(port).copy(frame, at)
    return frame
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    get tampered() {
      return tampered
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(port)
  return bytes
}
