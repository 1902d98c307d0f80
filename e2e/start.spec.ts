/** `odradek start`: broker and console, each its own process, with one life. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { serve } from './process.ts'

const directory = mkdtempSync(join(tmpdir(), 'odradek-start-'))
test.afterAll(() => rmSync(directory, { recursive: true, force: true }))

const words = (name: string) => ['start', '--port', '0', '--data-dir', join(directory, name)]

/** Whether somebody listens there. */
function listens(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.replace(/^http:\/\/|\/$/g, '').split(':')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port: Number(port) })
  socket.on('connect', () => {
    socket.destroy()
    resolve(true)
  })
  socket.on('error', () => resolve(false))
  return promise
}

test('both come up, the console shows the broker, and SIGTERM ends both', async ({ page }) => {
  const started = await serve(
    'packages/cli/src/main.ts',
    [...words('both'), '--console-port', '0'],
    /^Console on (\S+)$/,
  )
  await page.goto(started.told)
  await expect(page.getByText('This cluster has no topics yet')).toBeVisible()
  const command = await page.getByText(/kcat -P -b/).textContent()
  const broker = /-b (\S+)/.exec(command ?? '')?.[1] ?? ''
  expect(await listens(broker)).toBe(true)
  await page.getByRole('link', { name: 'Create a topic' }).click()
  await expect(page.getByRole('dialog', { name: 'Create topic' })).toBeVisible()
  await started.end('SIGTERM')
  expect(started.process.exitCode).toBe(0)
  expect(await listens(broker)).toBe(false)
  await expect.poll(() => listens(started.told)).toBe(false)
})

test('when the broker is killed the console does not stay behind', async () => {
  const started = await serve(
    'packages/cli/src/main.ts',
    [...words('killed'), '--console-port', '0'],
    /^Console on (\S+)$/,
  )
  expect(await listens(started.told)).toBe(true)
  await started.end('SIGKILL')
  await expect.poll(() => listens(started.told)).toBe(false)
})

test('a console port that is taken is said, and the broker goes on', async () => {
  const squatter = createServer()
  await new Promise<void>((listening) => squatter.listen(0, '127.0.0.1', listening))
  const address = squatter.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const started = await serve(
    'packages/cli/src/main.ts',
    [...words('taken'), '--console-port', port],
    /^Listening on (\S+)$/,
  )
  await expect.poll(() => started.said()).toContain(`Port ${port} is taken by another program`)
  await expect.poll(() => started.said()).toContain('the broker goes on')
  expect(await listens(started.told)).toBe(true)
  await started.end()
  squatter.close()
})
