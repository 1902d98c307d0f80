/** Many small worlds in which things fail amid changes: `node packages/simulator/src/main.ts --world cluster-sharp --seed 1 --count 100000` for more. */
import { sharpWorlds } from './sharp-worlds.ts'

sharpWorlds(1, 1000)
