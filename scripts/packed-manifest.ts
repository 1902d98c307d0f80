/**
 * Makes `npm pack` and `pnpm pack` of a package give the same: `write` (prepack) builds it and puts the manifest that is
 * published in place of the one of the checkout (JavaScript for sources, versions for `workspace:*`), `restore` (postpack)
 * puts the other back.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
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
  readonly publishConfig?: { readonly exports?: unknown }
}

if (process.argv[2] === 'restore') restore()
else write()

function write(): void {
  restore()
  const text = readFileSync(manifestPath, 'utf8')
  const { devDependencies: _, publishConfig, ...manifest }: Manifest = JSON.parse(text)
  const args = ['run', 'build', `--filter=${manifest.name}...`, '--log-prefix=none', '--output-logs=new-only']
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', PATH: `${root}/node_modules/.bin:${process.env.PATH}` }
  const { status } = spawnSync(join(root, 'node_modules/.bin/turbo'), args, { cwd: root, env, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
  const dependencies = Object.entries(manifest.dependencies ?? {}).map(([name, range]) => [
    name,
    range.startsWith('workspace:') ? versionOf(name) : range,
  ])
  const packed = {
    ...manifest,
    dependencies: Object.fromEntries(dependencies),
    ...(publishConfig?.exports === undefined ? {} : { exports: publishConfig.exports }),
  }
  writeFileSync(savedPath, text)
  writeFileSync(manifestPath, `${JSON.stringify(packed, null, 2)}\n`)
}

function restore(): void {
  if (existsSync(savedPath)) renameSync(savedPath, manifestPath)
}

function versionOf(name: string): string {
  const path = join(root, 'packages', name.slice('@odradek/'.length), 'package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as Manifest).version
}
