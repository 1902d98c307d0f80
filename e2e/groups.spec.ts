/** Groups: seen, explained and moved as a person does it; the broker says where they are afterwards. */
import { readFile } from 'node:fs/promises'
import { expect, type Page, test } from '@playwright/test'
import { awkwardName } from './routes.ts'
import { ownScene } from './scene.ts'
import { commit, committed } from './scene-groups.ts'

const scene = ownScene()

const address = (group: string, tab: string) => `/local/groups/${encodeURIComponent(group)}/${tab}`

/** A topic of two partitions with ten records each, and a group that has read three of the first and all of the second. */
async function shop(topic: string, group: string): Promise<void> {
  await scene.createTopic(topic, 2)
  const records = Array.from({ length: 10 }, (_, n) => ['k', `${n}`] as const)
  await scene.produce(topic, records, 0)
  await scene.produce(topic, records, 1)
  await commit(scene, group, { [topic]: [3, 10] })
}

async function apply(page: Page, group: string, button: string | RegExp): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: button }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: button })).toBeVisible()
  const name = dialog.getByLabel(/^Type/)
  if (await name.isVisible()) await name.fill(group)
  await dialog.getByRole('button', { name: button }).click()
}

test('the list finds a group and says how far it is behind', async ({ page }) => {
  await shop('list-orders', 'list-readers')
  await scene.open(page, '/local/groups?q=list-&lagging=true')
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'list-readers' }) })
  await expect(row.getByText('Empty')).toBeVisible()
  await expect(row.getByRole('cell', { name: '7', exact: true })).toBeVisible()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save all that match as CSV' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('groups.csv')
  const [head, ...lines] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
  const cells = (line: string) => Object.fromEntries(head!.split(',').map((name, at) => [name, line.split(',')[at]]))
  expect(lines.map(cells)).toMatchObject([{ group: 'list-readers', lag: '7', topics: 'list-orders' }])
  await row.getByRole('link', { name: 'list-readers' }).click()
  await expect(page.getByRole('heading', { level: 1, name: /list-readers/ })).toBeVisible()
  await expect(page.getByRole('cell', { name: 'list-orders' })).toHaveCount(2)
})

test('a group is moved exactly as its plan says, and back', async ({ page }) => {
  await shop('plan-orders', 'plan-readers')
  await scene.open(page, address('plan-readers', 'reset'))
  await page.getByLabel('Move to').selectOption({ label: 'The earliest record' })
  await expect(page.getByText('1 topic, 2 partitions move: replays 13, skips 0.')).toBeVisible()
  await expect(page.getByText(/odradek groups reset plan-readers --to-earliest --apply/)).toBeVisible()
  await expect(page.getByRole('row', { name: /plan-orders\/0/ })).toContainText('replays 3')
  expect(await committed(scene, 'plan-readers', 'plan-orders')).toEqual([3, 10])
  await apply(page, 'plan-readers', 'Move 2 partitions')
  await expect(page.getByText('2 partitions were moved, 0 failed.')).toBeVisible()
  expect(await committed(scene, 'plan-readers', 'plan-orders')).toEqual([0, 0])
  await page.getByRole('button', { name: 'Restore previous offsets' }).click()
  await expect(page.getByText('undone')).toBeVisible()
  expect(await committed(scene, 'plan-readers', 'plan-orders')).toEqual([3, 10])
})

test('skipping asks for the name of the group; a double click moves once', async ({ page }) => {
  await shop('skip-orders', 'skip-readers')
  await scene.open(page, `${address('skip-readers', 'reset')}?to=shift&by=2&scope=skip-orders:0`)
  await expect(page.getByText('1 topic, 1 partition moves: replays 0, skips 2.')).toBeVisible()
  await page.getByRole('main').getByRole('button', { name: 'Move 1 partition' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Move 1 partition' })).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel(/^Type/).fill('skip-readers')
  await dialog.getByRole('button', { name: 'Move 1 partition' }).dblclick()
  await expect(page.getByText('1 partition was moved, 0 failed.')).toBeVisible()
  expect(await committed(scene, 'skip-readers', 'skip-orders')).toEqual([5, 10])
})

test('a plan is refused where the group has moved since', async ({ page }) => {
  await shop('drift-orders', 'drift-readers')
  await scene.open(page, `${address('drift-readers', 'reset')}?to=earliest`)
  await expect(page.getByText(/replays 13, skips 0/)).toBeVisible()
  await commit(scene, 'drift-readers', { 'drift-orders': [5, 10] })
  await apply(page, 'drift-readers', 'Move 2 partitions')
  await expect(page.getByRole('alert')).toBeVisible()
  expect(await committed(scene, 'drift-readers', 'drift-orders')).toEqual([5, 10])
  await page.getByRole('alert').getByRole('button', { name: 'Retry' }).click()
  await expect(page.getByText(/replays 15, skips 0/)).toBeVisible()
  await apply(page, 'drift-readers', 'Move 2 partitions')
  await expect(page.getByText('2 partitions were moved, 0 failed.')).toBeVisible()
  expect(await committed(scene, 'drift-readers', 'drift-orders')).toEqual([0, 0])
})

test('a group that reads is not moved under its members, but when they are gone', async ({ page }) => {
  await scene.createTopic('busy-orders', 1)
  await scene.produce('busy-orders', [
    ['k', '1'],
    ['k', '2'],
  ])
  await using reader = await scene.consume('busy-readers', 'busy-orders')
  await reader.first
  await scene.open(page, '/local/groups')
  await page.getByRole('searchbox', { name: 'By client id or host' }).fill('E2E-READER 127.')
  await expect(page).toHaveURL(/member=E2E-READER/)
  await expect(page.getByRole('table').getByRole('link')).toHaveText(['busy-readers'])
  await scene.open(page, `${address('busy-readers', 'reset')}?to=earliest`)
  await expect(page.getByText(/1 member reads now/)).toBeVisible()
  await expect(page.getByText(/e2e-reader/).first()).toBeVisible()
  await reader.close()
  await commit(scene, 'busy-readers', { 'busy-orders': [2] })
  await page.reload()
  await page.locator('html[data-ready]').waitFor()
  await expect(page.getByText('1 topic, 1 partition moves: replays 2, skips 0.')).toBeVisible()
  await apply(page, 'busy-readers', 'Move 1 partition')
  await expect(page.getByText('1 partition was moved, 0 failed.')).toBeVisible()
  expect(await committed(scene, 'busy-readers', 'busy-orders')).toEqual([0])
})

test('why a group is stuck is said, with the records that wait', async ({ page }) => {
  await shop('stuck-orders', 'stuck-readers')
  await scene.open(page, address('stuck-readers', 'diagnosis'))
  await expect(page.getByText('One cause was found.')).toBeVisible()
  await expect(page.getByRole('heading', { name: /Nobody reads/ })).toContainText('found')
  await expect(page.getByRole('link', { name: 'stuck-orders/0@3' })).toBeVisible()
})

test('a group is deleted only under its id, whatever is in it', async ({ page }) => {
  await shop('gone-orders', awkwardName)
  await scene.open(page, address(awkwardName, 'lag'))
  await expect(page.getByRole('heading', { level: 1 })).toContainText(awkwardName)
  await page.getByRole('main').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Delete group' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Type/).fill(awkwardName)
  await dialog.getByRole('button', { name: 'Delete group' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Groups', exact: true })).toBeVisible()
  const groups = await scene.admin.listGroups()
  expect([...groups.keys()]).not.toContain(awkwardName)
})
