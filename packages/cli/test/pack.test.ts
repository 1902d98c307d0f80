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

test("the published packages run the README's example in a project of its own", async (t) => {
  const tarballs = join(directory, 'tarballs')
  const project = join(directory, 'project')
  await run(process.execPath, [join(root, 'scripts/pack.ts'), tarballs])
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  assert.equal(files.length, 4, String(files))

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
        names.filter((name) => /\/src\/|\.test\.|(?<!\.d)\.ts$/.test(name)),
        [],
        file,
      )
      const manifest = await run('tar', ['-xzOf', file, 'package/package.json'])
      assert.doesNotMatch(manifest.stdout, /workspace:|\.ts"(?!, "default)/, file)
    }
  })

  await run('mkdir', [project])
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }')
  const broker: { devDependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'packages/broker/package.json'), 'utf8'),
  )
  const client = `@platformatic/kafka@${broker.devDependencies['@platformatic/kafka']}`
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...files, client], { cwd: project })

  await t.test('the example prints what it says', async () => {
    writeFileSync(join(project, 'example.ts'), readmeExample())
    const { stdout } = await run(process.execPath, ['example.ts'], { cwd: project, timeout: 60_000 })
    assert.equal(stdout, 'o-1 two coffees\n')
  })

  await t.test('the command line runs', async () => {
    const { stdout } = await run(process.execPath, ['node_modules/@odradek/cli/bin/odradek.js', '--version'], {
      cwd: project,
    })
    const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.equal(stdout, `${version}\n`)
  })
})
