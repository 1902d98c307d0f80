/**
 * node packages/broker/test/faults/main.ts [--minutes N] [--seed N] [--store embedded|etcd] [--network] [--fault NAME …]
 *
 * Three broker processes under every fault of fault-run.ts, drawn by a seed (what happens when is the machine's), for so many
 * minutes [5], with the embedded store or three members of etcd. With `--fault` those alone, in order, each once and for as
 * long as a lease lasts twice. With `--network` each broker has a network namespace of its own, as root may make them, and what
 * is cut or narrow is so in the network, not in a proxy. Exit code 1 where something was lost, doubled, reordered or undone.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { FAULTS, runFaults } from './fault-run.ts'
import { STORE_KINDS } from './faulty-store.ts'

/** Set in the process that has its own network. */
const INSIDE = 'ODRADEK_FAULTS_NETWORK'
const FAULT_MS = 6_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'embedded' },
    network: { type: 'boolean', default: false },
    fault: { type: 'string', multiple: true },
  },
})
const store = STORE_KINDS.find((kind) => kind === values.store)
if (store === undefined) throw new Error(`--store is one of ${STORE_KINDS.join(', ')}`)
const unknown = values.fault?.find((name) => !Object.hasOwn(FAULTS, name))
if (unknown !== undefined) throw new Error(`--fault is one of ${Object.keys(FAULTS).join(', ')}`)
const planned = values.fault === undefined ? {} : { faults: values.fault, faultMs: FAULT_MS }
if (values.network && process.env[INSIDE] === undefined) {
  const env = { ...process.env, [INSIDE]: 'own' }
  const { status } = spawnSync('unshare', ['--net', process.execPath, ...process.argv.slice(1)], {
    env,
    stdio: 'inherit',
  })
  process.exit(status ?? 1)
}
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
  hasNetwork: values.network,
  ...planned,
  tell,
})
console.log(JSON.stringify(figures))
for (const problem of problems.slice(0, 50)) console.log(`PROBLEM ${problem}`)
if (problems.length > 0) for (const line of log.slice(-100)) console.log(line)
console.log(`${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)
