/** The metadata store of a cluster in a process of its own: argument 1 is its directory, 2 its socket. */
import { serveEmbeddedStore } from '../../src/cluster-store.ts'

await serveEmbeddedStore({ directory: process.argv[2]!, path: process.argv[3]! })
process.stdout.write('serving\n')
