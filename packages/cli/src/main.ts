import { enableCompileCache } from 'node:module'

// For who starts this file itself (bin/odradek.js has done it before): compiled code is kept between runs.
enableCompileCache()
delete process.env.ODRADEK_PINNED

// Before the first file is read off the loop: threads that wait for a slow disk leave others for reads.
process.env.UV_THREADPOOL_SIZE ??= '16'

// Started by bin/odradek.js under an older Node: when that process is killed, this one must not live on.
if (process.channel !== undefined && process.channel !== null) {
  process.channel.unref()
  // A broker of `odradek up` without its supervisor ends too, but in order.
  const signal = process.env.ODRADEK_SUPERVISED === undefined ? 'SIGKILL' : 'SIGTERM'
  process.on('disconnect', () => process.kill(process.pid, signal))
}

// Whoever reads the output has read enough (`odradek log dump DIR | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const { run } = await import('./run.ts')
process.exit(await run(process.argv.slice(2)))
