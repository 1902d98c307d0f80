/** Packs every package that is published: `npm run pack:all [FOLDER]` leaves their tarballs in FOLDER [dist]. Each is what `npm pack` makes. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(target, { recursive: true })

for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name)
  const manifest: { private?: boolean } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private === true) continue
  const { status } = spawnSync('npm', ['pack', '--silent', '--pack-destination', target], {
    cwd: folder,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
