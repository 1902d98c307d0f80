/** `node main.ts DIRECTORY`: a reference server on a free port of 127.0.0.1, until SIGTERM. */
import net from 'node:net'
import { ReferenceConnection } from './reference-connection.ts'
import { ReferenceTopic } from './reference-topic.ts'

const topic = new ReferenceTopic(process.argv[2]!)
const server = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
  new ReferenceConnection(socket, topic, port)
})
let port = 0
server.listen(0, '127.0.0.1', () => {
  port = (server.address() as net.AddressInfo).port
  process.stdout.write(`Listening on 127.0.0.1:${port}\n`)
})
process.on('SIGTERM', () => {
  topic.remove()
  setImmediate(() => process.exit(0))
})
