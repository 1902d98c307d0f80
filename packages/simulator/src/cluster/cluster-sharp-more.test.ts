/** As `cluster-sharp.test.ts`, with other seeds: two files are run beside each other. */
import { sharpWorlds } from './sharp-worlds.ts'

sharpWorlds(1001, 1000)
