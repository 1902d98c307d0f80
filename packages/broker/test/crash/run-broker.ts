/** A broker in a process of its own: argument 1 is its StartOptions as JSON. SIGTERM stops it cleanly. */
import { flushCompileCache } from 'node:module'
import { pino } from 'pino'
import { startBroker } from '../../src/start-broker.ts'

const broker = await startBroker({
  ...JSON.parse(process.argv[2]!),
  logger: pino({ level: 'warn' }, pino.destination(2)),
})
process.once('SIGTERM', () => broker.close().then(() => process.exit(0)))
process.stdout.write(`Listening on ${broker.address}\n`)
// A process that is killed writes none at its end.
flushCompileCache()
