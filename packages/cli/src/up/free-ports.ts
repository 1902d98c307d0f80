import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** So many ports of 127.0.0.1 that nothing listens on now: fixed ones, because a broker that is started again keeps its own. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
