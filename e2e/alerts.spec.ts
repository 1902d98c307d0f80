/** Alerts: a rule fires once to a real receiver and is resolved; what was entered is not shown again. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { ownScene } from './scene.ts'
import { commit } from './scene-groups.ts'

// Its key lies beside its users: in the scene's directory, and not in that of who runs the tests.
const scene = ownScene({
  console: ({ bootstrap, directory }) => ['--bootstrap', bootstrap, '--users', join(directory, 'users.json')],
})

let server: Server
const calls: { event: string; subject: string; value: number }[] = []

test.beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    calls.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await scene.createTopic('orders', 1)
  await scene.produce(
    'orders',
    Array.from({ length: 30 }, (_, n) => ['k', `${n}`] as const),
  )
  await commit(scene, 'billing', { orders: [0] })
})

test.afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('agreed to, a rule fires to its webhook once, and once more when it is resolved', async ({ page }) => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await scene.open(page, '/local/alerts')
  await page.getByRole('button', { name: 'Keep rules in topic odradek-alerts' }).click()
  await expect(page.getByText('Nothing fires, and nothing did')).toBeVisible()
  expect(await scene.admin.listTopics()).toContain('odradek-alerts')
  await page.getByRole('button', { name: 'New rule' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Rule', { exact: true }).fill('Billing is behind')
  await dialog.getByLabel('Threshold, records').fill('20')
  await dialog.getByLabel('Groups').fill('bill*')
  await dialog.getByLabel('Webhook').selectOption({ label: 'Another address' })
  await dialog.getByLabel('Address').fill('http://169.254.169.254/latest/meta-data')
  await dialog.getByRole('button', { name: 'Save rule' }).click()
  await expect(dialog.getByRole('alert')).toContainText('link-local')
  await dialog.getByLabel('Address').fill(`http://127.0.0.1:${port}/T0/secret-path`)
  await dialog.getByLabel('Secret').fill('s3cret-words')
  await dialog.getByRole('button', { name: 'Call it now' }).click()
  await expect(dialog.getByText('It answered 204.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Save rule' }).dblclick()
  await expect(dialog).toBeHidden()
  const row = page.getByRole('row', { name: /billing/ })
  await expect(row).toContainText('firing')
  await expect(row).toContainText('sent')
  expect(calls.map(({ event, subject, value }) => [event, subject, value])).toEqual([
    ['test', undefined, undefined],
    ['firing', 'billing', 30],
  ])
  await commit(scene, 'billing', { orders: [30] })
  await expect(row).toContainText('resolved')
  await expect.poll(() => calls.length).toBe(3)
  expect(calls[2]?.event).toBe('resolved')
  // The address is shown as far as its host, the secret not at all: on no page, and in no answer.
  await page.getByRole('link', { name: 'Rules' }).click()
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(2)
  await expect(page.getByRole('row', { name: /Billing is behind/ })).toContainText(`http://127.0.0.1:${port}/…`)
  await page.getByRole('button', { name: 'Billing is behind', exact: true }).click()
  await expect(dialog.getByLabel('Webhook')).toHaveValue('keep')
  const told = await page.request.get(
    scene.url(`/api/trpc/alerts.get?input=${encodeURIComponent('{"cluster":"local"}')}`),
  )
  expect(await told.text()).not.toMatch(/secret-path|s3cret/)
  expect(await page.content()).not.toMatch(/secret-path|s3cret/)
  expect(calls).toHaveLength(3)
})

test('a rule that is removed is gone, and asked about first', async ({ page }) => {
  await scene.open(page, '/local/alerts/rules')
  const row = page.getByRole('row', { name: /Billing is behind/ })
  await row.hover()
  await row.getByRole('button', { name: 'Remove Billing is behind' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove rule' }).click()
  await expect(page.getByText('There are no rules yet')).toBeVisible()
})
