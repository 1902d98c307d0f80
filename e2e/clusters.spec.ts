/** Several clusters in one console: the switcher, a ribbon, one that is read-only, one that is away. */
import { expect, test } from '@playwright/test'
import { ownScene } from './scene.ts'

const scene = ownScene({
  console: ({ bootstrap, file }) => {
    const clusters = [
      { id: 'main', name: 'Main', bootstrap: [bootstrap] },
      {
        id: 'guarded',
        name: 'Guarded',
        bootstrap: [bootstrap],
        readOnly: true,
        environment: { name: 'production', color: 'crimson' },
      },
      { id: 'gone', name: 'Gone', bootstrap: ['127.0.0.1:1'] },
    ]
    return ['--config', file('console.json', JSON.stringify({ clusters }))]
  },
})

test.beforeAll(() => scene.createTopic('orders', 1))

test('the console begins at the first, and the switcher goes to another', async ({ page }) => {
  await scene.open(page, '/')
  await expect(page).toHaveURL(scene.url('/main'))
  await page.getByRole('button', { name: /Main/ }).click()
  await page.getByRole('menuitem', { name: 'Guarded' }).click()
  await expect(page).toHaveURL(scene.url('/guarded'))
  await expect(page.getByText('production', { exact: true })).toBeVisible()
  await expect(page.getByText('Read-only')).toBeVisible()
})

test('on a read-only cluster every button says why, and the server refuses too', async ({ page }) => {
  await scene.open(page, '/guarded/topics')
  const create = page.getByRole('button', { name: 'Create topic' })
  await expect(create).toHaveAttribute('aria-disabled', 'true')
  await create.hover()
  await expect(page.getByRole('tooltip')).toHaveText('The console is in read-only mode.')
  await create.click({ force: true })
  await expect(page.getByRole('dialog')).toBeHidden()
  await scene.open(page, '/guarded/topics/orders/configuration')
  await expect(page.getByRole('button', { name: 'Change cleanup.policy' })).toHaveAttribute('aria-disabled', 'true')
  const refused = await page.request.post(scene.url('/api/trpc/topics.create'), {
    headers: { origin: scene.base },
    data: { cluster: 'guarded', topic: 'sneaked' },
  })
  expect(refused.status()).toBe(403)
  const other = await page.request.post(scene.url('/api/trpc/topics.create'), {
    headers: { origin: scene.base },
    data: { cluster: 'main', topic: 'allowed' },
  })
  expect(other.status()).toBe(200)
  const names = await scene.admin.listTopics()
  expect([names.includes('sneaked'), names.includes('allowed')]).toEqual([false, true])
})

test('one that is away does not hold up the others', async ({ page }) => {
  await scene.open(page, '/gone/topics')
  await expect(page.getByRole('main').getByRole('alert').first()).toContainText('cannot be reached')
  await scene.open(page, '/main/topics')
  await expect(page.getByRole('link', { name: 'orders' })).toBeVisible()
})
