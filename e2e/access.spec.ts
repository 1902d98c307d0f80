/** Signing in and out, and what each may do: in the page, and at the API behind it. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { routes } from './routes.ts'
import { ownScene, type Scene } from './scene.ts'
import { springLetters } from './scene-letters.ts'

const root = join(import.meta.dirname, '..')
const password = 'correct horse'

function addUser(scene: Scene, name: string, ...words: readonly string[]): void {
  const users = join(scene.directory, 'users.json')
  const program = [join(root, 'packages/cli/src/main.ts'), 'console', 'users', 'add', name, '--users', users, ...words]
  const { NODE_OPTIONS: _, ...env } = process.env
  execFileSync(join(root, 'node_modules/.bin/node'), program, { input: `${password}\n`, env })
}

const scene = ownScene({
  console: (made) => {
    addUser(made, 'vera', '--role', 'viewer', '--no-payloads')
    addUser(made, 'olga', '--role', 'operator')
    addUser(made, 'ada', '--role', 'admin')
    return ['--bootstrap', made.bootstrap, '--users', join(made.directory, 'users.json')]
  },
})

test.beforeAll(async () => {
  await scene.createTopic('orders', 2)
  await scene.produce('orders', [['k', 'the word of the day']])
  await scene.createTopic('orders-dlt')
  await springLetters(scene, 'orders-dlt', 1, () => 'orders')
})

async function signIn(page: Page, name: string): Promise<void> {
  await scene.open(page, '/login?next=%2Flocal%2Ftopics')
  await page.getByLabel('User name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Topics' })).toBeVisible()
}

/** What the API answers to a mutation of the one who is signed in. */
async function create(page: Page, topic: string): Promise<number> {
  const response = await page.request.post(scene.url('/api/trpc/topics.create'), {
    data: { cluster: 'local', topic },
    headers: { origin: scene.base },
  })
  return response.status()
}

test('a page asks who comes, refuses a wrong password with the reason, and lets go on to where one wanted', async ({
  page,
}) => {
  await scene.open(page, '/local/topics/orders/partitions')
  await expect(page).toHaveURL(/\/login\?next=/)
  await page.getByLabel('User name').fill('ada')
  await page.getByLabel('Password').fill('wrong horse')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('The name or the password is wrong.')).toBeVisible()
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1, name: /orders/ })).toBeVisible()
  expect(await page.evaluate(() => document.cookie)).not.toContain('odradek_session')
})

test('without a session no page shows anything of the cluster', async ({ page }) => {
  for (const route of routes) {
    await page.goto(scene.url(route.replace('{topic}', 'orders').replace('{group}', 'billing')))
    await expect(page).toHaveURL(/\/login\?next=/)
    expect(await page.content()).not.toContain('the word of the day')
  }
  expect(await create(page, 'not-made')).toBe(401)
})

test('a viewer sees, and finds what they may not do shut, with the reason; the API is shut too', async ({ page }) => {
  await signIn(page, 'vera')
  const button = page.getByRole('button', { name: 'Create topic' }).first()
  await expect(button).toHaveAttribute('aria-disabled', 'true')
  await expect(button).toHaveAttribute('aria-description', 'Needs the role Operator.')
  expect(await create(page, 'not-made')).toBe(403)
  const sample = `/api/trpc/messages.sample?input=${encodeURIComponent('{"cluster":"local","topic":"orders"}')}`
  expect((await page.request.get(scene.url(sample))).status()).toBe(403)
  await scene.open(page, '/local/topics/orders/messages')
  await expect(page.getByText('the word of the day')).toHaveCount(0)
  const topics = await scene.admin.listTopics()
  expect(topics).not.toContain('not-made')
})

test('an operator sends letters again as they are; to edit them, purge them or decide on alerts takes more', async ({
  page,
}) => {
  await signIn(page, 'olga')
  await scene.open(page, '/local/dead-letters/topics/orders-dlt/0/0')
  await expect(page.getByRole('button', { name: 'Resend', exact: true })).not.toHaveAttribute('aria-disabled', 'true')
  const edit = page.getByRole('button', { name: 'Edit and resend' })
  await expect(edit).toHaveAttribute('aria-disabled', 'true')
  await expect(edit).toHaveAttribute('aria-description', /./)
  const order = { cluster: 'local', topic: 'orders-dlt', partition: 0, offset: 0 }
  for (const [path, body] of [
    ['deadLetters.editAndResend', { ...order, id: crypto.randomUUID(), target: { kind: 'origin' }, changes: {} }],
    ['deadLetters.purge', { cluster: 'local', planId: crypto.randomUUID(), confirm: 'orders-dlt' }],
    ['alerts.enable', { cluster: 'local' }],
    ['replication.cancel', { cluster: 'local', partitions: null }],
  ] as const) {
    const headers = { origin: scene.base }
    const answer = await page.request.post(scene.url(`/api/trpc/${path}`), { data: body, headers })
    expect(answer.status(), path).toBe(403)
  }
})

test('an administrator makes a topic; signed out, the same browser may nothing any more', async ({ page }) => {
  await signIn(page, 'ada')
  expect(await create(page, 'made-by-ada')).toBe(200)
  expect(await scene.admin.listTopics()).toContain('made-by-ada')
  await page.getByRole('button', { name: 'You' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login/)
  expect(await create(page, 'made-later')).toBe(401)
  await scene.open(page, '/local/topics')
  await expect(page).toHaveURL(/\/login\?next=/)
})
