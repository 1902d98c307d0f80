/**
 * Builds and packs every package that is published: `npm run pack:all [FOLDER]` leaves their tarballs in FOLDER [dist]. pnpm packs, because it
 * puts versions in place of `workspace:*` and `publishConfig.exports` in place of the exports of the checkout.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(target, { recursive: true })

run('turbo', ['run', 'build', '--log-prefix=none', '--log-order=grouped', '--output-logs=new-only'], root)
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name)
  const manifest: { private?: boolean } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private !== true) run('pnpm', ['pack', '--pack-destination', target], folder)
}

function run(command: string, args: readonly string[], cwd: string): void {
  const bin = join(root, 'node_modules/.bin')
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', PATH: `${bin}:${process.env.PATH}` }
  const { status } = spawnSync(join(bin, command), args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
