/**
 * Builds the package in the current folder: JavaScript and declarations in `dist`. Node runs the sources of a checkout as they
 * are, but refuses types under node_modules, so that what is published must be JavaScript. The packages it depends on must have
 * been built before; `turbo run build` sees to that.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = process.cwd()
rmSync(join(folder, 'dist'), { recursive: true, force: true })
const tsc = join(root, 'node_modules/.bin/tsc')
const { status } = spawnSync(tsc, ['-p', 'tsconfig.build.json', '--pretty', 'false'], { cwd: folder, stdio: 'inherit' })
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
process.exitCode = status ?? 1
