// Installs what package.json asks for, with the machine's own Node (20 or later) and npm. Says nothing and takes a tenth of a
// second when everything is there already: the stamp in node_modules is the hash of all that decides what is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.odradek-lock')
const pinnedNode = join(root, 'node_modules', '.bin', 'node')

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`Node 20 or later is needed to begin with (it brings Node 26 along); this is ${process.version}.`)
  process.exit(1)
}

const wanted = hashOfInputs()
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted || !existsSync(pinnedNode)) install()

// pnpm runs a workspace package's install script only when it has something to install; a changed source needs this.
const addon = new URL('../packages/native/build.js', import.meta.url)
if (existsSync(addon)) await import(addon.href)

function hashOfInputs() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  const manifests = ['packages', 'apps']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')))
    .concat(join('e2e', 'package.json'))
    .sort()
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(`${file}\n`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.error(`Installing what is missing (${packageManager}); this is done once.`)
  // pnpm's report goes to stderr, so that stdout belongs to the command that is run next.
  const { status, error } = spawnSync('npx', ['-y', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    console.error(error ? `npx could not be run: ${error.message}` : `The installation failed (exit code ${status}).`)
    process.exit(1)
  }
  if (!existsSync(pinnedNode)) {
    console.error(`There is no packaged Node 26 for ${process.platform} ${process.arch}; put one into ${pinnedNode}.`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}
