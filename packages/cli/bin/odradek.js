#!/usr/bin/env node
// Plain JavaScript on purpose: it must run on whatever Node is there, to find the Node that can run the rest.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// A checkout has sources, which Node 26 runs as they are; an installed package has only JavaScript.
const source = new URL('../src/main.ts', import.meta.url)
const main = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url)
const pinned = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url))

if (Number.parseInt(process.versions.node, 10) >= 26) {
  // Before the first source is read: what makes JavaScript of it is not even loaded where that was kept from another run.
  module.enableCompileCache()
  await import(main.href)
} else if (main === source && existsSync(pinned) && process.env.ODRADEK_PINNED === undefined) {
  // Its own process, but one life: signals are passed on, and the channel tells the child when this process is gone.
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: [0, 1, 2, 'ipc'],
    // Where that Node is an older one, too, it must not start itself again.
    env: { ...process.env, ODRADEK_PINNED: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`odradek: cannot run ${pinned}: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)))
} else {
  console.error(
    `odradek: needs Node 26 or later; this is ${process.version}. In a checkout, run "npm run setup" first.`,
  )
  process.exitCode = 1
}
