import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const directory = mkdtempSync(join(tmpdir(), 'odradek-pack-'))
after(() => rmSync(directory, { recursive: true, force: true }))

/** The ```ts block of the README that embeds a broker, as people copy it. */
function readmeExample(): string {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
    (match) => match[1]!,
  )
  const [example] = blocks.filter((block) => block.includes('startBroker()'))
  assert.ok(example, 'README.md has an example that embeds a broker')
  return example
}

function manifestOf(folder: string): { version: string; private?: boolean; devDependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

test("the published packages run the README's example in a project of its own", async (t) => {
  const tarballs = join(directory, 'tarballs')
  const project = join(directory, 'project')
  // Packing changes manifests for as long as it takes: in a copy, because other tests run meanwhile.
  const copy = join(directory, 'checkout')
  await run('mkdir', [copy])
  const copied = [
    'packages',
    'scripts',
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'turbo.json',
    'LICENSE',
  ]
  const configs = ['tsconfig.json', 'tsconfig.base.json', 'tsconfig.build.json']
  await run('cp', ['-a', ...copied, ...configs, copy], { cwd: root })
  await run('ln', ['-s', join(root, 'node_modules'), join(copy, 'node_modules')])
  await run(process.execPath, [join(copy, 'scripts/pack.ts'), tarballs])
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  const names = readdirSync(join(root, 'packages'))
  const published = names.filter((name) => !manifestOf(join('packages', name)).private)
  assert.equal(files.length, published.length, String(files))

  await t.test('a tarball has JavaScript, declarations and the licence, and no sources or tests', async () => {
    for (const file of files) {
      const { stdout } = await run('tar', ['-tzf', file])
      const names = stdout.trim().split('\n')
      assert.ok(names.includes('package/LICENSE'), file)
      assert.ok(
        names.some((name) => /^package\/dist\/.*\.js$/.test(name)) && names.some((name) => name.endsWith('.d.ts')),
        file,
      )
      assert.deepEqual(
        names.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name)),
        [],
        file,
      )
      const manifest = JSON.parse((await run('tar', ['-xzOf', file, 'package/package.json'])).stdout)
      assert.doesNotMatch(JSON.stringify(manifest.dependencies ?? {}), /workspace:/, file)
      assert.doesNotMatch(JSON.stringify(manifest.exports ?? {}), /src/, file)
    }
  })

  await run('mkdir', [project])
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }')
  const { devDependencies } = manifestOf('packages/broker')
  const others = [
    `@platformatic/kafka@${devDependencies['@platformatic/kafka']}`,
    `@types/node@${manifestOf('.').devDependencies['@types/node']}`,
  ]
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...files, ...others], { cwd: project })
  writeFileSync(join(project, 'example.ts'), readmeExample())

  await t.test('the example prints what it says', async () => {
    const { stdout } = await run(process.execPath, ['example.ts'], { cwd: project, timeout: 60_000 })
    assert.equal(stdout, 'o-1 two coffees\n')
  })

  await t.test('the declarations are understood by TypeScript', async () => {
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'esnext',
      '--types',
      'node',
      '--pretty',
      'false',
    ]
    // Without skipLibCheck our own declarations are checked as well; those of others are not ours to mend.
    const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), [...flags, 'example.ts'], { cwd: project }).catch(
      (error: { stdout: string }) => error,
    )
    const ours = stdout.split('\n').filter((line) => /^(example\.ts|node_modules\/@odradek)/.test(line))
    assert.deepEqual(ours, [])
  })

  await t.test('the command line runs', async () => {
    const { stdout } = await run(process.execPath, ['node_modules/@odradek/cli/bin/odradek.js', '--version'], {
      cwd: project,
    })
    assert.equal(stdout, `${manifestOf('.').version}\n`)
  })
})
