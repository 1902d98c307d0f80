/** Topics: found, made, grown, configured, emptied and deleted, as a person does it; the broker says whether it happened. */
import { readFile } from 'node:fs/promises'
import { expect, type Page, test } from '@playwright/test'
import { awkwardName } from './routes.ts'
import { ownScene } from './scene.ts'
import { logBounds, topicConfig } from './scene-offsets.ts'

const scene = ownScene()

const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })

/** Opens a topic's menu and chooses from it. */
async function act(page: Page, topic: string, item: string): Promise<void> {
  await scene.open(page, `/local/topics/${encodeURIComponent(topic)}/partitions`)
  await page.getByRole('main').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

test('a topic is created with partitions and a config, and the page goes to it', async ({ page }) => {
  await scene.open(page, '/local/topics')
  await page.getByRole('button', { name: 'Create topic' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create topic' })
  await dialog.getByLabel('Name').fill('invoices')
  await dialog.getByLabel('Partitions').fill('3')
  await dialog.getByRole('button', { name: 'Add a config' }).click()
  await dialog.getByLabel('Key').fill('retention.ms')
  await dialog.getByLabel('Value').fill('3600000')
  await expect(
    dialog.getByText(/odradek topics create invoices --partitions 3 --set retention\.ms=3600000/),
  ).toBeVisible()
  await dialog.getByRole('button', { name: 'Create topic' }).click()
  await expect(page.getByRole('heading', { level: 1, name: /invoices/ })).toBeVisible()
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(4)
  expect(await scene.admin.listTopics()).toContain('invoices')
  expect(await logBounds(scene, 'invoices', 3)).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ])
  expect(await topicConfig(scene, 'invoices', 'retention.ms')).toBe('3600000')
})

test('a name that the broker refuses is refused in place, by its own error', async ({ page }) => {
  await scene.open(page, '/local/topics?create=true')
  const dialog = page.getByRole('dialog', { name: 'Create topic' })
  await dialog.getByLabel('Name').fill('two words')
  await dialog.getByLabel('Name').press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('INVALID_TOPIC_EXCEPTION (17)')
  await expect(dialog.getByLabel('Name')).toHaveValue('two words')
  expect(await scene.admin.listTopics()).not.toContain('two words')
})

test('the list is searched and sorted by the server, and the address says it all', async ({ page, browser }) => {
  await scene.createTopic('sort-a', 2)
  await scene.createTopic('sort-b', 5)
  await scene.createTopic('sort-c', 1)
  await scene.open(page, '/local/topics')
  await page.keyboard.press('/')
  await page.keyboard.type('SORT')
  // The list is a few seconds old at most.
  await expect(page).toHaveURL(/q=SORT/)
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(4)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save all that match as CSV' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('topics.csv')
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
  expect(lines[0]).toMatch(/^topic,/)
  expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['sort-a', 'sort-b', 'sort-c'])
  await page.getByRole('columnheader', { name: 'Partitions' }).getByRole('button').click()
  const names = page.getByRole('table').getByRole('link')
  await expect(names).toHaveText(['sort-b', 'sort-a', 'sort-c'])
  await expect(page).toHaveURL(/q=SORT/)
  const fresh = await browser.newContext()
  const other = await fresh.newPage()
  await other.goto(page.url())
  await expect(other.getByRole('table').getByRole('link')).toHaveText(['sort-b', 'sort-a', 'sort-c'])
  await expect(other.getByRole('searchbox')).toHaveValue('SORT')
  await fresh.close()
  await page.getByRole('searchbox').fill('sort nothing')
  await expect(page.getByText('No topic is called sort nothing')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  await expect(row(page, 'sort-a')).toBeVisible()
})

test('a config is changed and reset in place; a value that is refused stays to be mended', async ({ page }) => {
  await scene.createTopic('tuned', 1)
  await scene.open(page, '/local/topics/tuned/configuration?q=retention.ms')
  await page.getByRole('button', { name: 'Change retention.ms', exact: true }).click()
  await page.getByLabel('New value').fill('soon')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('main').getByRole('alert')).toContainText('INVALID_CONFIG (40)')
  expect(await topicConfig(scene, 'tuned', 'retention.ms')).toBe('604800000')
  await page.getByLabel('New value').fill('7200000')
  await expect(page.getByText('= 2 h', { exact: false }).first()).toBeVisible()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('changed here')).toBeVisible()
  expect(await topicConfig(scene, 'tuned', 'retention.ms')).toBe('7200000')
  await page.getByRole('button', { name: 'Reset retention.ms', exact: true }).click()
  await expect(page.getByText('changed here')).toBeHidden()
  expect(await topicConfig(scene, 'tuned', 'retention.ms')).toBe('604800000')
})

test('partitions are added, and fewer than now are not', async ({ page }) => {
  await scene.createTopic('growing', 2)
  await act(page, 'growing', 'Add partitions…')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Partitions afterwards').fill('2')
  await expect(dialog.getByRole('button', { name: 'Add partitions…' })).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel('Partitions afterwards').fill('5')
  await dialog.getByRole('button', { name: 'Add 3 partitions' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(6)
  expect(await logBounds(scene, 'growing', 5)).toHaveLength(5)
})

test('records are deleted as the plan says: the counts, the offsets, nothing more', async ({ page }) => {
  await scene.createTopic('trimmed', 2)
  await scene.produce(
    'trimmed',
    Array.from({ length: 10 }, (_, n) => ['k', `${n}`] as const),
    0,
  )
  await scene.produce(
    'trimmed',
    Array.from({ length: 3 }, (_, n) => ['k', `${n}`] as const),
    1,
  )
  await act(page, 'trimmed', 'Delete records…')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Delete', { exact: true }).selectOption({ label: 'all but the newest' })
  await dialog.getByLabel('Offsets kept in each partition').fill('4')
  await expect(dialog.getByText('6 offsets go from 1 partition.')).toBeVisible()
  const apply = dialog.getByRole('button', { name: 'Delete 6 offsets' })
  await expect(apply).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel(/^Type/).fill('trimmed')
  // What comes after the plan is not in it.
  await scene.produce('trimmed', [['k', 'late']], 0)
  await apply.click()
  await expect(dialog.getByText('1 partition done, 0 failed.')).toBeVisible()
  expect(await logBounds(scene, 'trimmed', 2)).toEqual([
    [6, 11],
    [0, 3],
  ])
})

test('a moment after the last record says that it empties, before it does', async ({ page }) => {
  await scene.createTopic('late', 1)
  await scene.produce('late', [
    ['k', '1'],
    ['k', '2'],
  ])
  await act(page, 'late', 'Delete records…')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Moment').fill('2099-01-01')
  await expect(dialog.getByText('2 offsets go from 1 partition; one of them is emptied.')).toBeVisible()
  await expect(dialog.getByText('the moment is after its last record: emptied')).toBeVisible()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await logBounds(scene, 'late', 1)).toEqual([[0, 2]])
})

test('a topic is emptied only under its name, and twice is once', async ({ page }) => {
  await scene.createTopic('drained', 1)
  await scene.produce('drained', [
    ['k', '1'],
    ['k', '2'],
  ])
  await act(page, 'drained', 'Empty…')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Type/).fill('drained')
  await dialog.getByRole('button', { name: 'Delete 2 offsets' }).dblclick()
  await expect(dialog.getByText('1 partition done, 0 failed.')).toBeVisible()
  expect(await logBounds(scene, 'drained', 1)).toEqual([[2, 2]])
})

test('deleting tells who still reads, asks for the name, and leaves the list', async ({ page }) => {
  await scene.createTopic('doomed', 1)
  await scene.produce('doomed', [['k', 'v']])
  await using consumer = await scene.consume('doomed-readers', 'doomed')
  await consumer.first
  await act(page, 'doomed', 'Delete topic…')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('1 offset goes. 1 group still reads.')).toBeVisible()
  await expect(dialog.getByText('doomed-readers · 1 member')).toBeVisible()
  const apply = dialog.getByRole('button', { name: 'Delete topic' })
  await dialog.getByLabel(/^Type/).fill('doome')
  await expect(apply).toHaveAttribute('aria-disabled', 'true')
  await consumer.close()
  await dialog.getByLabel(/^Type/).fill('doomed')
  await apply.click()
  await expect(page.getByRole('heading', { level: 1, name: 'Topics', exact: true })).toBeVisible()
  await expect(row(page, 'doomed')).toBeHidden()
  expect(await scene.admin.listTopics()).not.toContain('doomed')
})

test('several are chosen and deleted at once', async ({ page }) => {
  await scene.createTopic('old-1', 1)
  await scene.createTopic('old-2', 1)
  await scene.open(page, '/local/topics?q=old-')
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(3)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await page.getByRole('button', { name: 'Delete 2 topics' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Type/).fill('2')
  await dialog.getByRole('button', { name: 'Delete 2 topics' }).click()
  await expect(dialog).toBeHidden()
  const left = await scene.admin.listTopics()
  expect(left.filter((name) => name.startsWith('old-'))).toEqual([])
})

test('a name with every character that an address must encode is shown as it is', async ({ page }) => {
  await scene.open(page, `/local/topics/${encodeURIComponent(awkwardName)}/partitions`)
  await expect(page.getByText(`There is no topic called ${awkwardName}`)).toBeVisible()
  await expect(page).toHaveTitle(new RegExp(awkwardName))
})

test('a tab that is hidden follows nothing; once it is seen again, what changed meanwhile is there', async ({
  page,
}) => {
  const followed = new Set<number>()
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      if (!`${payload}`.includes('"method"')) return
      const messages = [JSON.parse(`${payload}`)].flat() as { id: number; method: string }[]
      for (const { id, method } of messages) {
        if (method === 'subscription') followed.add(id)
        else followed.delete(id)
      }
    })
  })
  const show = (state: 'visible' | 'hidden') =>
    page.evaluate((visibilityState) => {
      Object.defineProperty(document, 'visibilityState', { value: visibilityState, configurable: true })
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    }, state)
  await scene.open(page, '/local/topics?q=seen')
  // The list, and the two marks of the rail.
  await expect.poll(() => followed.size).toBe(3)
  await show('hidden')
  await expect.poll(() => followed.size).toBe(0)
  await show('visible')
  await expect.poll(() => followed.size).toBe(3)
  await show('hidden')
  await scene.createTopic('seen-again', 1)
  await show('visible')
  await expect(row(page, 'seen-again')).toBeVisible()
  await scene.createTopic('seen-later', 1)
  await expect(row(page, 'seen-later'), 'it is followed as before').toBeVisible()
})
