/** Packs every package that is published: `npm run pack:all [FOLDER]` leaves their tarballs in FOLDER [dist]. Each is what `npm pack` makes. */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(target, { recursive: true })
/** Where each package that is built leaves its name, so that the next that needs it does not build it again. */
const built = mkdtempSync(join(tmpdir(), 'odradek-built-'))
process.on('exit', () => rmSync(built, { recursive: true }))

for (const name of globSync('{packages,apps}/*/package.json', { cwd: root })) {
  const folder = dirname(join(root, name))
  const manifest: { private?: boolean } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private === true) continue
  const { status } = spawnSync('npm', ['pack', '--silent', '--pack-destination', target], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, ODRADEK_BUILT: built },
  })
  if (status !== 0) process.exit(status ?? 1)
}
