/** A broker for tests that look at its memory: settings as JSON in the first argument; prints its port, ends with its input. */
import { startBroker } from '../../src/index.ts'

const broker = await startBroker({ config: JSON.parse(process.argv[2] ?? '{}') })
process.stdout.write(`${broker.port}\n`)
process.stdin.resume().on('end', () => void broker.close())
