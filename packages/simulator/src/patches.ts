/**
 * Mutants as patches: `mutants/<name>.patch` breaks the code in one way that matters. What comes before the diff says what it
 * does, and `World: storage|broker|cluster|cluster-short|cluster-sharp` which simulation is to notice. A mutant is applied to a copy of the tree.
 */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const directory = join(import.meta.dirname, '../mutants')
/** What the simulations consist of. */
const PACKAGES = ['config', 'protocol', 'native', 'broker', 'simulator']
/** What of a package they run; what lies beside it may come and go meanwhile. */
const COPIED = ['package.json', 'node_modules', 'build', 'src']

export interface MutantPatch {
  readonly name: string
  readonly path: string
  readonly world: 'storage' | 'broker' | 'cluster' | 'cluster-short' | 'cluster-sharp'
}

export interface MutantOutcome {
  /** The first that noticed; null when none did. */
  readonly seed: number | null
  /** What it noticed, or how the run ended. */
  readonly problem: string
  readonly seconds: number
}

/** The mutants there are, by name. */
export function mutantPatches(): MutantPatch[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => {
      const path = join(directory, file)
      const world = /^World: (storage|broker|cluster|cluster-short|cluster-sharp)$/m.exec(
        readFileSync(path, 'utf8'),
      )?.[1]
      if (world === undefined) throw new Error(`${path} does not say which world is to notice`)
      return { name: file.slice(0, -'.patch'.length), path, world: world as MutantPatch['world'] }
    })
}

/** Whether a patch still applies to the tree; what git says where it does not. */
export async function checkPatch({ path }: MutantPatch): Promise<string | null> {
  const { code, output } = await run('git', ['apply', '--check', path], root)
  return code === 0 ? null : output
}

export interface MutantRun {
  readonly seedsMax: number
  /** Ends the run: its processes are stopped, the copy is removed, and then the reason is thrown. */
  readonly signal: AbortSignal
  /** Hears that seeds are run from now on. */
  readonly begun: () => void
}

/** Runs seeds of the mutant's world, in a copy of the tree that is removed afterwards. */
export async function runMutant(patch: MutantPatch, { seedsMax, signal, begun }: MutantRun): Promise<MutantOutcome> {
  const copy = mkdtempSync(join(tmpdir(), 'odradek-mutant-'))
  const started = performance.now()
  try {
    copyTree(copy)
    const applied = await run('git', ['apply', patch.path], copy, signal)
    if (applied.code !== 0) return { seed: null, problem: applied.output, seconds: 0 }
    const main = join(copy, 'packages/simulator/src/main.ts')
    const seeds = ['--world', patch.world, '--seed', '1', '--count', String(seedsMax)]
    const running = run(process.execPath, [main, ...seeds], copy, signal)
    begun()
    const { output } = await running
    const found = /^seed (\d+) failed:\n\s*(.*)$/m.exec(output)
    const seconds = (performance.now() - started) / 1000
    if (found === null) return { seed: null, problem: output.trim().split('\n').at(-1) ?? '', seconds }
    // Nothing is learned from a seed that fails in any case.
    const sound = [join(root, 'packages/simulator/src/main.ts'), '--world', patch.world, '--seed', found[1]!]
    if ((await run(process.execPath, sound, root, signal)).code !== 0)
      return { seed: null, problem: `seed ${found[1]} fails without the mutant too`, seconds }
    return { seed: Number(found[1]), problem: found[2]!, seconds }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function copyTree(copy: string): void {
  for (const name of PACKAGES) {
    for (const part of COPIED) {
      const source = join(root, 'packages', name, part)
      if (existsSync(source))
        cpSync(source, join(copy, 'packages', name, part), { recursive: true, verbatimSymlinks: true })
    }
  }
  for (const file of ['package.json', 'tsconfig.base.json']) cpSync(join(root, file), join(copy, file))
  if (existsSync(join(root, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}

/** Runs a program to its end. Where `signal` ends it, it is gone before the reason is thrown. */
async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  signal?: AbortSignal,
): Promise<{ code: number | null; output: string }> {
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = () => child.kill('SIGKILL')
    let output = ''
    const add = (chunk: Buffer) => {
      output += chunk
    }
    signal?.addEventListener('abort', stop)
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.once('error', reject)
    child.once('close', (code) => {
      signal?.removeEventListener('abort', stop)
      if (signal?.aborted) reject(signal.reason)
      else resolve({ code, output })
    })
  })
}
