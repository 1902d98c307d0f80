import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
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
  // The pages are built in the checkout, where they are built anyway; the copy takes them as they are.
  await run(process.execPath, [join(root, 'apps/console/build.ts')])
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
  const unneeded = ['.next/cache', '.next/dev', 'dist'].map((name) => `--exclude=console/${name}`)
  await run('mkdir', [join(copy, 'apps')])
  await run('sh', ['-c', 'tar -c "$@" console | tar -x -C "$0"', join(copy, 'apps'), ...unneeded], {
    cwd: join(root, 'apps'),
  })
  await run(process.execPath, [join(copy, 'scripts/pack.ts'), tarballs])
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  const folders = globSync('{packages,apps}/*/package.json', { cwd: root }).map((file) => dirname(file))
  const published = folders.filter((folder) => !manifestOf(folder).private)
  assert.equal(files.length, published.length, String(files))

  await t.test('a tarball has JavaScript, declarations and the licence, and no sources or tests', async () => {
    for (const file of files) {
      const { stdout } = await run('tar', ['-tzf', file])
      const names = stdout.trim().split('\n')
      assert.ok(names.includes('package/LICENSE'), file)
      // Nothing is compiled against the console: it is run.
      const isProgram = /odradek-console-/.test(file)
      assert.ok(
        names.some((name) => /^package\/dist\/.*\.js$/.test(name)) &&
          (isProgram || names.some((name) => name.endsWith('.d.ts'))),
        file,
      )
      assert.deepEqual(
        names.filter((name) => /\.test\.|(?<!\.d)\.tsx?$/.test(name)),
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

  await t.test('the console is installed with it: built, beside a broker and alone', async () => {
    const main = join(project, 'node_modules/@odradek/cli/bin/odradek.js')
    const words = ['start', '--port', '0', '--console-port', '0', '--data-dir', join(directory, 'data')]
    const options = { cwd: project, env: { PATH: process.env.PATH ?? '', HOME: directory } }
    const started = spawn(process.execPath, [main, ...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(started, 'exit')
    try {
      let said = ''
      started.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        // The broker would go on without it.
        if (said.includes('the console ended')) started.kill('SIGTERM')
      })
      const url = await lineOf(started.stdout, /^Console on (\S+)\/$/)
      assert.ok(url, said)
      // Rendered with what the cluster says, by the routers of the same process.
      const page = await fetch(`${url}/local/topics`)
      assert.equal(page.status, 200)
      const html = await page.text()
      assert.match(html, /<title>Topics/)
      assert.match(html, /No topics yet/)
      const scripts = [...html.matchAll(/src="(\/_next\/[^"]+\.js)"/g)].map(([, path = '']) => path)
      assert.ok(scripts.length > 0)
      for (const path of scripts) assert.equal((await fetch(`${url}${path}`)).status, 200, path)
      // What the routers throw is known to the pages for what it is.
      assert.match(await (await fetch(`${url}/nowhere/topics`)).text(), /no cluster called nowhere/)
      const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`)
      const { promise: answered, resolve, reject } = Promise.withResolvers<string>()
      socket.onopen = () => {
        const params = { path: 'overview.live', input: { cluster: 'local' } }
        socket.send(JSON.stringify({ id: 1, method: 'subscription', params }))
      }
      socket.onmessage = ({ data }) => resolve(String(data))
      socket.onerror = () => reject(new Error('the WebSocket failed'))
      assert.match(await answered, /"type":"started"/)
      socket.close()
      // Alone, against that broker.
      const bootstrap = /kcat -P -b ([\d.:]+)/.exec(await (await fetch(`${url}/local`)).text())?.[1] ?? ''
      const alone = spawn(process.execPath, [main, 'console', '--bootstrap', bootstrap, '--port', '0'], {
        ...options,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const gone = once(alone, 'exit')
      try {
        const own = await lineOf(alone.stdout, /^Console on (\S+)\/$/)
        assert.match(await (await fetch(`${own}/local/topics`)).text(), /No topics yet/)
      } finally {
        alone.kill('SIGTERM')
      }
      assert.deepEqual(await gone, [0, null])
      const users = [main, 'console', 'users', 'list', '--users', join(directory, 'users.json')]
      assert.equal((await run(process.execPath, users, options)).stdout, '')
      assert.doesNotMatch(said, /Building the console/)
    } finally {
      started.kill('SIGTERM')
    }
    assert.deepEqual(await ended, [0, null])
  })
})

/** The first group of the first line that matches; null: there was none. */
async function lineOf(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string | null> {
  for await (const line of createInterface({ input: stream })) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) {
      stream.resume()
      return found
    }
  }
  return null
}
