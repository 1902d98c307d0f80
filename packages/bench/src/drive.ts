import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Contestant } from './contestant.ts'
import { type Load, LoadError, type LoadFigures } from './load/load.ts'
import type { RowLoad } from './rows.ts'

const GENERATOR = join(import.meta.dirname, 'load/main.ts')

let runs = 0

export interface DriveTimes {
  readonly warmupSeconds: number
  readonly seconds: number
}

/**
 * One run of a load against a server, by a generator in a process of its own. `topic` names one that exists and stays;
 * without it the run makes and removes one.
 * @throws LoadError with what the generator found wrong
 */
export async function drive(
  { host, port, pids, name }: Contestant,
  row: RowLoad,
  times: DriveTimes,
  topic?: string,
): Promise<LoadFigures> {
  runs += 1
  const load: Load = {
    ...row,
    ...times,
    host,
    port,
    pids,
    topic: topic ?? `odradek-bench-${process.pid}-${runs}`,
    keepTopic: topic !== undefined,
  }
  const child = spawn(process.execPath, [GENERATOR, JSON.stringify(load)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new LoadError(`The ${name} failed: ${errors.trim() || `the generator ended with ${code}`}`)
  return JSON.parse(output) as LoadFigures
}
