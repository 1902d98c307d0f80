/** What is the same on every page: palette, keyboard, theme, language, zone, and the doors that are shut. */
import { request as ask } from 'node:http'
import { expect, test } from '@playwright/test'
import { ownScene } from './scene.ts'

const scene = ownScene()

test.beforeAll(async () => {
  await scene.createTopic('orders', 2)
  await scene.createTopic('payments', 1)
  await scene.produce('orders', [['k', '1']])
})

test('the palette finds a topic by a part of its name and goes there', async ({ page }) => {
  await scene.open(page, '/local')
  const input = page.getByRole('dialog').getByRole('combobox')
  // Nobody waits until the palette is there before typing.
  await page.keyboard.press('Control+k')
  await page.keyboard.type('aym')
  await expect(input).toHaveValue('aym')
  await expect(page.getByRole('option', { name: 'payments' })).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: /payments/ })).toBeVisible()
  await page.getByRole('button', { name: 'Search or jump' }).click()
  await input.fill('orders/1@1842')
  await expect(page.getByRole('option', { name: 'Record 1842 of orders, partition 1' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('the keyboard alone: to a place, into the filter, down the rows, into one, and what keys there are', async ({
  page,
}) => {
  await scene.open(page, '/local')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await expect(page.getByRole('heading', { level: 1, name: 'Topics' })).toBeVisible()
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox', { name: 'Filter by name' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.getByRole('region', { name: 'Topics' }).focus()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await expect(page.getByRole('row').filter({ hasText: 'payments' })).toBeFocused()
  await page.keyboard.press('k')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: /orders/ })).toBeVisible()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('Tab goes past the frame first: into the page, and by J into its rows', async ({ page }) => {
  await scene.open(page, '/local/topics')
  await expect(page.getByRole('link', { name: 'payments' })).toBeVisible()
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to the page' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await page.keyboard.press('j')
  await expect(page.getByRole('row').filter({ hasText: 'orders' })).toBeFocused()
  await skip.focus()
  await skip.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('main').locator(':focus')).toHaveCount(1)
  expect(new URL(page.url()).hash).toBe('')
})

test('a menu is walked by arrows, closed by Escape, and gives the focus back', async ({ page }) => {
  await scene.open(page, '/local')
  const button = page.getByRole('button', { name: 'Theme' })
  await button.press('Enter')
  await expect(page.getByRole('menuitemcheckbox', { name: 'As the system' })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitemcheckbox', { name: 'Light' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toBeHidden()
  await expect(button).toBeFocused()
})

test('theme, language and zone are kept, and the server renders them', async ({ page, context }) => {
  await scene.open(page, '/local/topics/orders/partitions')
  const newest = page.getByRole('row').nth(1).getByRole('time')
  const utc = await newest.textContent()
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await page.getByRole('button', { name: 'Time zone' }).click()
  await page.getByRole('menuitem', { name: 'Another…' }).click()
  await page.getByLabel('City or region').fill('kolkata')
  await page.getByRole('button', { name: /Kolkata/ }).click()
  const shifted = new Date(Date.parse(`${utc?.replace(' ', 'T')}Z`) + 5.5 * 3_600_000).toISOString()
  await expect(newest).toHaveText(shifted.slice(0, 19).replace('T', ' '))
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitemcheckbox', { name: '中文' }).click()
  await expect(page.getByRole('link', { name: '分区' })).toBeVisible()
  // Before any script runs.
  const html = await (await context.request.get(page.url())).text()
  expect(html).toMatch(/<html lang="zh-CN" class="[^"]*dark/)
  expect(html).toContain(shifted.slice(0, 16).replace('T', ' '))
})

test('every answer has its headers, and scripts only the nonce of their page', async ({ request }) => {
  const answers = [await request.get(scene.url('/local')), await request.get(scene.url('/local'))]
  const nonces = answers.map((answer) => {
    const headers = answer.headers()
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['x-frame-options']).toBe('DENY')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain("script-src 'unsafe-inline'")
    return /script-src [^;]*'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1]
  })
  expect(nonces[0]).toBeTruthy()
  expect(nonces[0]).not.toBe(nonces[1])
  const scripts = (await answers[0]!.text()).match(/<script(?![^>]*nonce=)[^>]*>/g)
  expect(scripts).toBeNull()
})

test('another site can change nothing and listen to nothing', async ({ request }) => {
  const foreign = { origin: 'http://evil.example', 'content-type': 'application/json' }
  const body = { cluster: 'local', topic: 'stolen', configs: {}, validateOnly: false }
  const refused = await request.post(scene.url('/api/trpc/topics.create'), { headers: foreign, data: body })
  expect(refused.status()).toBe(403)
  const form = await request.post(scene.url('/api/trpc/topics.create'), {
    headers: { 'sec-fetch-site': 'cross-site' },
    form: { json: JSON.stringify(body) },
  })
  expect(form.ok()).toBe(false)
  const rebound = await request.get(scene.url('/local'), { headers: { host: 'rebound.evil.example' } })
  expect(rebound.status()).toBe(421)
  expect(await scene.admin.listTopics()).not.toContain('stolen')
  // By hand: a browser would not let a page say that it is another.
  const opened = (origin: string) => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const upgrade = ask(`${scene.base}/api/ws`, {
      headers: {
        origin,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    })
    upgrade.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve(true)
    })
    upgrade.on('response', () => resolve(false))
    upgrade.on('error', () => resolve(false))
    upgrade.end()
    return promise
  }
  expect(await opened('http://evil.example')).toBe(false)
  expect(await opened(scene.base)).toBe(true)
})

test('an address that is no page says so within the frame', async ({ page }) => {
  const answer = await page.goto(scene.url('/local/nowhere'))
  expect(answer?.status()).toBe(404)
  await expect(page.getByText('There is no page at this address.')).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible()
  await page.goto(scene.url('/elsewhere/topics'))
  await expect(page.getByText('This console has no cluster called elsewhere')).toBeVisible()
})
