/** A broker in a process of its own, on a disk of its own: argument 1 is its StartOptions as JSON, with the disk's `path` and `bytesMax`. */
import { flushCompileCache } from 'node:module'
import { pino } from 'pino'
import { startBroker } from '../../src/start-broker.ts'
import { hostOn } from '../cleanup/small-disk.ts'

const { path, bytesMax, ...options } = JSON.parse(process.argv[2]!)
const broker = await startBroker({
  ...options,
  host: hostOn(path, bytesMax),
  logger: pino({ level: 'warn' }, pino.destination(2)),
})
process.once('SIGTERM', () => broker.close().then(() => process.exit(0)))
process.stdout.write(`Listening on ${broker.address}\n`)
// A process that is killed writes none at its end.
flushCompileCache()
