/**
 * node packages/broker/test/faults/main.ts [--minutes N] [--seed N] [--store embedded|etcd] [--fault NAME …]
 *
 * Three broker processes under every fault of fault-run.ts, drawn by a seed (what happens when is the machine's), for so many
 * minutes [5], with the embedded store or three members of etcd. With `--fault` those alone, in order, each once and for as
 * long as a lease lasts twice. Exit code 1 where something was lost, doubled, reordered or undone.
 */
import { parseArgs } from 'node:util'
import { FAULTS, runFaults } from './fault-run.ts'
import { STORE_KINDS } from './faulty-store.ts'

const FAULT_MS = 6_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'embedded' },
    fault: { type: 'string', multiple: true },
  },
})
const store = STORE_KINDS.find((kind) => kind === values.store)
if (store === undefined) throw new Error(`--store is one of ${STORE_KINDS.join(', ')}`)
const unknown = values.fault?.find((name) => !Object.hasOwn(FAULTS, name))
if (unknown !== undefined) throw new Error(`--fault is one of ${Object.keys(FAULTS).join(', ')}`)
const planned = values.fault === undefined ? {} : { faults: values.fault, faultMs: FAULT_MS }
let state = Number(values.seed)
/** mulberry32 */
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let bits = Math.imul(state ^ (state >>> 15), 1 | state)
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
  return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
}
const started = performance.now()
const tell = (text: string) => console.log(`${((performance.now() - started) / 1000).toFixed(1)} s: ${text}`)
const { problems, log, ...figures } = await runFaults({
  durationMs: Number(values.minutes) * 60_000,
  random,
  store,
  ...planned,
  tell,
})
console.log(JSON.stringify(figures))
for (const problem of problems.slice(0, 50)) console.log(`PROBLEM ${problem}`)
if (problems.length > 0) for (const line of log.slice(-100)) console.log(line)
console.log(`${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)
