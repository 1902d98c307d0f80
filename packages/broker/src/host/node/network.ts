import net from 'node:net'
import type { Connection, Listener, Network } from '../network.ts'
import { NodeConnection, type ReceiveMethod } from './connection.ts'
import { hasAdoptableHandle } from './receiving-socket.ts'

/** Keep-alive probes find peers that went without a word. */
const SERVER_OPTIONS: net.ServerOpts = {
  pauseOnConnect: true,
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

/** TCP. `receive` is chosen by what Node offers unless it is given. */
export function createNodeNetwork(receive?: ReceiveMethod): Network {
  return {
    listen: (address, accept) => listen(address, accept, receive),
    connect: (address) => NodeConnection.connecting(address),
  }
}

function listen(
  address: { host: string; port: number },
  accept: (connection: Connection) => void,
  receive: ReceiveMethod | undefined,
): Promise<Listener> {
  let method = receive
  const server = net.createServer(SERVER_OPTIONS, (socket) => {
    method ??= hasAdoptableHandle(socket) ? 'shared-buffer' : 'data-events'
    accept(NodeConnection.accepted(socket, method))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      server.off('error', reject)
      // Out of descriptors: that client is refused, the next may be luckier.
      server.on('error', () => {})
      const bound = server.address() as net.AddressInfo
      resolve({ host: bound.address, port: bound.port, close: () => close(server) })
    })
  })
}

/** The port is free when this resolves. The server's own event is not waited for: it waits for all connections to end. */
function close(server: net.Server): Promise<void> {
  server.close()
  return new Promise((resolve) => setImmediate(resolve))
}
