import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  readonly rounds: number
  readonly warmupSeconds: number
  readonly seconds: number
  /** Rows whose name holds this text, or matches it as a regular expression. */
  readonly rows: RegExp
  /** Drives this broker instead of one that is started. */
  readonly broker: Endpoint | null
  readonly peer: Endpoint | null
  /** Three brokers of another make, for the rows about three. */
  readonly peerCluster: Endpoint | null
  /** How often a broker is lost in each way. */
  readonly trials: number
  readonly reference: boolean
  /** GiB of memory that are written and given back before each run. */
  readonly touchGibibytes: number
  readonly json: string | null
  readonly help: boolean
}

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly pids: readonly number[]
}

export const USAGE = `npm run bench -- [FLAGS]

Drives a broker, a reference server and, if given, a peer with the same load in turns; prints a table of their ratios.

  --rounds N              Rounds of each row [5].
  --seconds N             The measured time of a run [3].
  --warmup N              Seconds before it that are not counted [1].
  --rows PATTERN          Only rows whose name matches this regular expression.
  --bootstrap HOST:PORT   Drive this broker, of any make, instead of starting one.
  --pid PID[,PID]         Its processes, to count their CPU and memory.
  --peer HOST:PORT        Any Kafka-compatible broker, driven in the same rounds.
  --peer-pid PID[,PID]    Its processes.
  --peer-cluster HOST:PORT        The broker with the lowest id of three Kafka-compatible ones, beside our three.
  --peer-cluster-pid PID,PID,PID  Their processes.
  --trials N              How often a broker is killed, and stopped, in 'three brokers, one lost' [20].
  --no-reference          Without the reference server.
  --touch-memory GIB      Write and remove a file of this size before each run: a virtual machine pays for memory that it
                          has not used for a while, whoever comes first most [0].
  --json FILE             Write everything that was measured.
`

/** A flag that cannot be meant; the message is one line. */
export class OptionError extends Error {}

/** @throws OptionError */
export function parseOptions(words: readonly string[]): Options {
  let values: Record<string, string | boolean | undefined>
  try {
    ;({ values } = parseArgs({
      args: [...words],
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '3' },
        warmup: { type: 'string', default: '1' },
        rows: { type: 'string', default: '' },
        bootstrap: { type: 'string' },
        pid: { type: 'string' },
        peer: { type: 'string' },
        'peer-pid': { type: 'string' },
        'peer-cluster': { type: 'string' },
        'peer-cluster-pid': { type: 'string' },
        trials: { type: 'string', default: '20' },
        'no-reference': { type: 'boolean', default: false },
        'touch-memory': { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }))
  } catch (error) {
    throw new OptionError((error as Error).message)
  }
  const text = (name: string) => values[name] as string | undefined
  return {
    rounds: positive('--rounds', text('rounds')!, true),
    seconds: positive('--seconds', text('seconds')!, false),
    warmupSeconds: positive('--warmup', text('warmup')!, false),
    rows: pattern(text('rows')!),
    broker: endpoint('--bootstrap', text('bootstrap'), '--pid', text('pid')),
    peer: endpoint('--peer', text('peer'), '--peer-pid', text('peer-pid')),
    peerCluster: endpoint('--peer-cluster', text('peer-cluster'), '--peer-cluster-pid', text('peer-cluster-pid')),
    trials: positive('--trials', text('trials')!, true),
    reference: values['no-reference'] !== true,
    touchGibibytes: text('touch-memory') === undefined ? 0 : positive('--touch-memory', text('touch-memory')!, false),
    json: writable('--json', text('json')),
    help: values.help === true,
  }
}

function positive(flag: string, text: string, whole: boolean): number {
  const number = Number(text)
  if (!(number > 0 && number <= 3600) || (whole && !Number.isInteger(number))) {
    throw new OptionError(`${flag} needs a ${whole ? 'whole ' : ''}number above 0, not "${text}"`)
  }
  return number
}

/** What is to be written at the end is looked at first: nobody wants to measure for an hour and lose it. */
function writable(flag: string, file: string | undefined): string | null {
  if (file === undefined) return null
  const path = resolve(file)
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) throw new Error(`${path} is a directory`)
    accessSync(found === undefined ? dirname(path) : path, constants.W_OK)
  } catch (error) {
    throw new OptionError(`${flag}: ${(error as Error).message}`)
  }
  return file
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i')
  } catch (error) {
    throw new OptionError(`--rows: ${(error as Error).message}`)
  }
}

function endpoint(
  flag: string,
  address: string | undefined,
  pidFlag: string,
  pids: string | undefined,
): Endpoint | null {
  if (address === undefined) {
    if (pids !== undefined) throw new OptionError(`${pidFlag} needs ${flag}`)
    return null
  }
  const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(address)
  if (match === null) throw new OptionError(`${flag} needs HOST:PORT, not "${address}"`)
  if (pids === undefined) throw new OptionError(`${flag} needs ${pidFlag}, to count what it takes`)
  const numbers = pids.split(',').map(Number)
  if (!numbers.every((pid) => Number.isInteger(pid) && pid > 0)) {
    throw new OptionError(`${pidFlag} needs process ids, not "${pids}"`)
  }
  return { host: match[1]!, port: Number(match[2]), pids: numbers }
}
