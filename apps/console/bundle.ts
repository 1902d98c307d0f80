/**
 * Makes of the console what is published: `node bundle.ts` leaves in dist the pages as Next built them, the server as JavaScript, and of
 * Next and React those files that serving takes. Whoever installs it builds nothing, and gets none of the tools that build.
 *
 *     dist/server.js, dist/users.js   the programs
 *     dist/.next                      the pages
 *     dist/node_modules               what the pages need of others; the routers and their libraries are dependencies as usual
 *     dist/THIRD-PARTY.txt            whose work is part of it, with their licences
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

const here = import.meta.dirname
const root = join(here, '../..')
const built = join(here, '.next')
const dist = join(here, 'dist')
const require = createRequire(import.meta.url)

/** What serving never reaches: building, developing, images, and copies for people who debug. */
const UNSERVED = [
  /\.(map|d\.ts|d\.mts|d\.cts|development\.js)$/,
  /\/node_modules\/(sharp|@img\/[^/]+|caniuse-lite|baseline-browser-mapping|typescript|@swc\/core|@next\/swc-[^/]+|webpack|esbuild|sass|@playwright\/test)\//,
  /\/next\/dist\/(pages|build\/webpack|server\/web\/sandbox)\//,
  /\/next\/dist\/compiled\/(webpack|edge-runtime|babel|babel-packages|@babel|terser|postcss-[^/]+|@vercel\/nft|cssnano-simple|sass-loader|@ampproject|amphtml-validator)\//,
  /\/next\/dist\/compiled\/next-server\/.*\.dev\.js$/,
  /\/next\/dist\/server\/post-process\.js$/,
]

/** Of these there must be one only, that of the routers: errors are told apart by their class. */
const SHARED = new Set(['@trpc/server'])

run(process.execPath, [join(here, 'build.ts')])
rmSync(dist, { recursive: true, force: true })
run(join(root, 'node_modules/.bin/tsc'), ['-p', join(here, 'tsconfig.build.json'), '--pretty', 'false'])
copyPages()
await copyLibraries()
linkShared()
writeLicences()
copyFileSync(join(root, 'LICENSE'), join(here, 'LICENSE'))

function run(file: string, words: readonly string[]): void {
  const { status } = spawnSync(file, words, { cwd: here, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

/** The pages, by Next's own list of what serves them. Where they were built is nobody's business. */
function copyPages(): void {
  const served: { files: string[]; config: { repoRoot?: string } } = JSON.parse(
    readFileSync(join(built, 'required-server-files.json'), 'utf8'),
  )
  const all = globSync(['server/**/*', 'static/**/*'], { cwd: built }).map((file) => join('.next', file))
  for (const file of new Set([...served.files, ...all])) {
    const source = join(here, file)
    if (!existsSync(source) || !lstatSync(source).isFile() || /\.(map|nft\.json)$/.test(file)) continue
    copy(source, join(dist, file))
  }
  const settings = join(dist, '.next/required-server-files.json')
  writeFileSync(settings, readFileSync(settings, 'utf8').replaceAll(here, '/console').replaceAll(root, '/'))
}

/** What the pages and the server need of Next and React, found by following what each file asks for, with the licences. */
async function copyLibraries(): Promise<void> {
  const { nodeFileTrace }: Tracer = require('next/dist/compiled/@vercel/nft')
  const entries = ['next', 'next/dist/server/next-server', 'next/dist/server/lib/start-server'].map((name) => {
    return require.resolve(name)
  })
  const { fileList } = await nodeFileTrace(entries, {
    base: '/',
    processCwd: here,
    mixedModules: true,
    ignore: (path) => UNSERVED.some((pattern) => pattern.test(`/${path}`)),
  })
  const files = new Set([...fileList].map((file) => join('/', file)))
  for (const trace of globSync('{server/**/*,next-server.js}.nft.json', { cwd: built })) {
    const path = join(built, trace)
    const { files: named }: { files: string[] } = JSON.parse(readFileSync(path, 'utf8'))
    for (const file of named) files.add(join(dirname(path), file))
  }
  const folders = new Map<string, string>()
  // The workspace may itself be reached by a link.
  for (const file of [...files].filter((path) => existsSync(path)).map((path) => realpathSync(path))) {
    const [, folder = '', name = ''] =
      /^(.*\/node_modules\/\.pnpm\/[^/]+\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(file) ?? []
    if (name === '' || SHARED.has(name) || UNSERVED.some((pattern) => pattern.test(file))) continue
    if (!lstatSync(file).isFile()) continue
    const known = folders.get(name)
    if (known !== undefined && known !== folder) throw new Error(`${name} is there twice: ${known} and ${folder}`)
    folders.set(name, folder)
    copy(file, join(dist, 'node_modules', name, relative(folder, file)))
  }
  for (const [name, folder] of folders) {
    for (const file of globSync('{package.json,{LICEN[CS]E,license,NOTICE,notice}*}', { cwd: folder })) {
      copy(join(folder, file), join(dist, 'node_modules', name, file))
    }
  }
}

interface Tracer {
  nodeFileTrace(
    entries: readonly string[],
    options: { base: string; processCwd: string; mixedModules: boolean; ignore(path: string): boolean },
  ): Promise<{ readonly fileList: ReadonlySet<string> }>
}

/**
 * The pages ask for shared libraries by names of the build's own (`@trpc/server-<hash>`, links beside the pages, which no tarball
 * carries). Each such name gets a package that hands on the one that the routers use.
 */
function linkShared(): void {
  const wanted = new Map<string, Set<string>>()
  for (const file of globSync('.next/server/**/*.js', { cwd: dist })) {
    for (const [, name = '', path = ''] of readFileSync(join(dist, file), 'utf8').matchAll(
      /"((?:@[\w-]+\/)?[\w-]+-[0-9a-f]{16})(\/[\w./-]+)?"/g,
    )) {
      if (!SHARED.has(plainName(name))) continue
      wanted.set(name, (wanted.get(name) ?? new Set()).add(path))
    }
  }
  for (const [name, paths] of wanted) {
    const folder = join(dist, '.next/node_modules', name)
    mkdirSync(folder, { recursive: true })
    const exported: Record<string, string> = {}
    for (const path of paths) {
      const file = `./${path === '' ? 'index' : path.slice(1).replaceAll('/', '-')}.js`
      exported[`.${path}`] = file
      writeFileSync(join(folder, file), `export * from '${plainName(name)}${path}'\n`)
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports: exported }))
  }
}

interface Manifest {
  readonly version?: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: { readonly dependencies?: readonly string[] }
}

/** The licences of all that may have gone into the pages: what the console depends on, and what that depends on. */
function writeLicences(): void {
  const texts = new Map<string, string>()
  const own = manifestOf(here)
  const visit = (name: string, from: string) => {
    const folder = folderOf(name, from)
    if (folder === null || name.startsWith('@odradek/') || UNSERVED.some((pattern) => pattern.test(`${folder}/`)))
      return
    const { version, license, dependencies = {} } = manifestOf(folder)
    const title = `${name} ${version} (${license})`
    if (texts.has(title)) return
    const [file] = globSync('{LICEN[CS]E,license,licence}*', { cwd: folder })
    texts.set(title, file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim())
    for (const dependency of Object.keys(dependencies)) visit(dependency, folder)
  }
  for (const name of Object.keys(own.dependencies ?? {})) {
    if (own.publishConfig?.dependencies?.includes(name) !== true) visit(name, here)
  }
  const parts = [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([title, text]) => `${title}\n\n${text}\n`)
  writeFileSync(join(dist, 'THIRD-PARTY.txt'), parts.join(`\n${'-'.repeat(80)}\n\n`))
}

/** The folder of a package as another finds it; null: it is optional and not there. */
function folderOf(name: string, from: string): string | null {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder)
    if (at === dirname(at)) return null
  }
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function plainName(name: string): string {
  return name.replace(/-[0-9a-f]{16}$/, '')
}

function copy(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(source, target)
}
