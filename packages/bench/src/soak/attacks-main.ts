/**
 * The attackers, a process of their own: `node attacks-main.ts TARGET CONNECTIONS NAME,NAME`. The parent says `begin` and
 * `end`; after `end` all is closed, and the parent gets the counts so far. The child says `ready` before.
 */
import { attacksOf } from './attacks/index.ts'
import type { Counts, Target } from './target.ts'

const target = JSON.parse(process.argv[2]!) as Target
const all = attacksOf(Number(process.argv[3]))
const names = process.argv[4]!.split(',')
const counts: Counts = {}
let stop = new AbortController()
let running: Promise<unknown> = Promise.resolve()

process.on('disconnect', () => process.exit(0))
process.on('message', async (word) => {
  if (word === 'begin') {
    stop = new AbortController()
    running = Promise.all(names.map((name) => all[name]!(target, stop.signal, counts)))
  } else {
    stop.abort()
    await running
    process.send!(counts)
  }
})
process.send!('ready')
