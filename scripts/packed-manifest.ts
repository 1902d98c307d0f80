/**
 * Makes `npm pack` and `pnpm pack` of a package give the same: `write` (prepack) builds it and puts the manifest that is
 * published in place of the one of the checkout (JavaScript for sources, versions for `workspace:*`), `restore` (postpack)
 * puts the other back. `publishConfig` says what differs in it: `exports`, and in `dependencies` those that are left where the others
 * are part of what was built.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const manifestPath = join(process.cwd(), 'package.json')
const savedPath = join(process.cwd(), 'package.checkout.json')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: unknown
  readonly exports?: unknown
  readonly publishConfig?: { readonly exports?: unknown; readonly dependencies?: readonly string[] }
}

if (process.argv[2] === 'restore') restore()
else write()

function write(): void {
  restore()
  const text = readFileSync(manifestPath, 'utf8')
  const { devDependencies: _, publishConfig, ...manifest }: Manifest = JSON.parse(text)
  build(manifest.name, new Set())
  const isLeft = (name: string) => publishConfig?.dependencies?.includes(name) ?? true
  const left = Object.entries(manifest.dependencies ?? {}).filter(([name]) => isLeft(name))
  const dependencies = left.map(([name, range]) => [name, range.startsWith('workspace:') ? versionOf(name) : range])
  const packed = {
    ...manifest,
    dependencies: Object.fromEntries(dependencies),
    ...(publishConfig?.exports === undefined ? {} : { exports: publishConfig.exports }),
  }
  writeFileSync(savedPath, text)
  writeFileSync(manifestPath, `${JSON.stringify(packed, null, 2)}\n`)
}

/** Builds a package, after those of the workspace that it is compiled against. One with a `bundle.ts` is made by that, and for itself only. */
function build(name: string, built: Set<string>): void {
  const { ODRADEK_BUILT: together } = process.env
  const mark = together === undefined ? null : join(together, encodeURIComponent(name))
  if (built.has(name) || (mark !== null && existsSync(mark))) return
  built.add(name)
  const folder = folderOf(name)
  const { dependencies = {} }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const [dependency, range] of Object.entries(dependencies)) {
    if (range.startsWith('workspace:') && !isBundled(dependency)) build(dependency, built)
  }
  const script = isBundled(name) ? join(folder, 'bundle.ts') : join(import.meta.dirname, 'build-package.ts')
  const { status } = spawnSync(process.execPath, [script], { cwd: folder, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
  if (mark !== null) writeFileSync(mark, '')
}

function restore(): void {
  if (existsSync(savedPath)) renameSync(savedPath, manifestPath)
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')) as Manifest).version
}

function isBundled(name: string): boolean {
  return existsSync(join(folderOf(name), 'bundle.ts'))
}

function folderOf(name: string): string {
  const [folder] = globSync(`{packages,apps}/${name.slice('@odradek/'.length)}`, { cwd: root })
  return join(root, folder!)
}
