/** Timed messages: seen when they wait, looked into, recalled, delivered, given another time; a Kafka client says whether it happened. */
import { expect, type Page, test } from '@playwright/test'
import { ownScene } from './scene.ts'
import { logBounds } from './scene-offsets.ts'
import { readRecords } from './scene-records.ts'

const scene = ownScene()
const HOUR_MS = 3_600_000

/** Records that are due so long from now, in a topic of their own; the offsets by which they can be found. */
async function timed(topic: string, dues: Readonly<Record<string, number>>): Promise<void> {
  await scene.createTopic(topic, 1, { 'message.type': 'DELAY' })
  for (const [key, inMs] of Object.entries(dues)) {
    const headers = { TIMER_DELIVER_MS: String(Date.now() + inMs), trace: `trace of ${key}` }
    await scene.produce(topic, [[key, `{"call":"${key}"}`]], 0, headers)
  }
}

const row = (page: Page, key: string) => page.getByRole('row').filter({ has: page.getByText(key, { exact: true }) })

test('the list leads to a picture of what is due when, which can be zoomed; a copied address shows the same', async ({
  page,
  browser,
}) => {
  await timed('calls', { anna: HOUR_MS, ben: 26 * HOUR_MS, cleo: 26.2 * HOUR_MS })
  await scene.open(page, '/local')
  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await page.getByRole('table').getByRole('link', { name: 'calls' }).click()
  await expect(page.getByRole('img', { name: '3 records of calls by the time they are due' })).toBeVisible()
  await expect(row(page, 'cleo')).toBeVisible()
  await page.getByRole('button', { name: 'Next day' }).click()
  await expect(row(page, 'anna')).toBeVisible()
  await expect(row(page, 'ben')).toBeHidden()
  await expect(page.getByText('0 before, 2 after')).toBeVisible()
  await page.getByRole('button', { name: 'Zoom in' }).click()
  await expect(page).toHaveURL(/from=\d+&to=\d+/)
  await page.getByRole('button', { name: 'All', exact: true }).click()
  // Dragged over the right third of the picture.
  const picture = page.getByRole('img', { name: /records of calls/ })
  const box = (await picture.boundingBox())!
  await page.mouse.move(box.x + box.width * 0.7, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width - 10, box.y + 40, { steps: 4 })
  await page.mouse.up()
  await expect(row(page, 'anna')).toBeHidden()
  await expect(row(page, 'ben')).toBeVisible()
  const fresh = await browser.newContext()
  const other = await fresh.newPage()
  await other.goto(page.url())
  await expect(row(other, 'ben')).toBeVisible()
  await expect(row(other, 'anna')).toBeHidden()
  await fresh.close()
})

test('a record is looked into, and recalled: it never appears', async ({ page }) => {
  await timed('recalls', { keep: 2 * HOUR_MS, drop: HOUR_MS })
  await scene.open(page, '/local/delayed/recalls')
  await row(page, 'drop').getByText('drop').click()
  const panel = page.getByRole('complementary')
  await expect(panel).toContainText('"call": "drop"')
  await panel.getByRole('tab', { name: /Headers/ }).click()
  await expect(panel).toContainText('trace of drop')
  await panel.getByRole('button', { name: 'Recall…' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('odradek delayed recall --topic recalls --partition 0 --offset 1')
  await dialog.getByRole('button', { name: 'Recall 1 record' }).dblclick()
  await expect(dialog.getByText('1 recalled.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(panel).toContainText('It waits no more')
  await expect(row(page, 'drop')).toBeHidden()
  // What is left is delivered now: with it, everything that will ever come of this topic is there.
  await page.keyboard.press('Escape')
  await row(page, 'keep').getByText('keep').click()
  await panel.getByRole('button', { name: 'Deliver now…' }).click()
  await dialog.getByRole('button', { name: 'Deliver 1 record' }).click()
  await expect(dialog.getByText('1 delivered.')).toBeVisible()
  const [only] = await readRecords(scene, 'recalls', 1)
  expect([only?.key, only?.value]).toEqual(['keep', '{"call":"keep"}'])
  expect(await logBounds(scene, 'recalls', 1)).toEqual([[0, 1]])
})

test('several are chosen and recalled under the name of the topic', async ({ page }) => {
  await timed('several', { a: HOUR_MS, b: HOUR_MS, c: HOUR_MS })
  await scene.open(page, '/local/delayed/several')
  await page.getByRole('checkbox', { name: 'Select 0@0' }).check()
  await page.getByRole('checkbox', { name: 'Select 0@2' }).check()
  await page.getByRole('button', { name: 'Recall…' }).click()
  const dialog = page.getByRole('dialog')
  const act = dialog.getByRole('button', { name: 'Recall 2 records' })
  await expect(act).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel(/^Type/).fill('several')
  await act.click()
  await expect(dialog.getByText('2 recalled.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(page.getByRole('row')).toHaveCount(2)
  await expect(row(page, 'b')).toBeVisible()
})

test('another time: later it waits longer, now it is delivered, once, with what it was', async ({ page }) => {
  await timed('moved', { anna: HOUR_MS })
  await scene.open(page, '/local/delayed/moved?at=0@0')
  const panel = page.getByRole('complementary')
  await panel.getByRole('button', { name: 'Change the time…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Due').fill('never')
  await expect(dialog.getByText('This is no moment.')).toBeVisible()
  await dialog.getByLabel('Due').fill('in 3h')
  await expect(dialog.getByText('in 3 hours')).toBeVisible()
  await dialog.getByRole('button', { name: 'Change the time…' }).click()
  await expect(dialog).toBeHidden()
  await expect(panel).toContainText('in 2 hours')
  expect(await logBounds(scene, 'moved', 1)).toEqual([[0, 0]])
  await panel.getByRole('button', { name: 'Change the time…' }).click()
  await dialog.getByLabel('Due').fill('+1s')
  await dialog.getByRole('button', { name: 'Change the time…' }).click()
  const [only] = await readRecords(scene, 'moved', 1)
  expect([only?.key, only?.value, only?.headers.trace]).toEqual(['anna', '{"call":"anna"}', 'trace of anna'])
  await expect(page.getByText('Nothing waits here')).toBeVisible()
  expect(await logBounds(scene, 'moved', 1)).toEqual([[0, 1]])
})

test('a waiting record has a life; its topic is deleted only where somebody says that what waits goes too', async ({
  page,
}) => {
  await timed('kept', { anna: HOUR_MS })
  await scene.open(page, '/local/delayed/kept?at=0@0')
  await page.getByRole('complementary').getByRole('link', { name: 'Life' }).click()
  const life = page.getByRole('region', { name: 'Until it could be read' }).getByRole('listitem')
  await expect(life).toHaveCount(3)
  for (const [n, words] of ['Produced', 'Delayed', 'Waits to be delivered'].entries()) {
    await expect(life.nth(n)).toContainText(words)
  }
  await expect(life.nth(2)).toContainText('asked for')
  await scene.open(page, '/local/topics/kept/messages')
  await page.getByRole('main').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Delete topic…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Type/).fill('kept')
  await dialog.getByRole('button', { name: 'Delete topic' }).click()
  await expect(dialog.getByRole('alert')).toContainText('POLICY_VIOLATION')
  expect(await scene.admin.listTopics()).toContain('kept')
  await dialog.getByRole('checkbox', { name: 'Delete the records that wait too' }).check()
  await dialog.getByRole('button', { name: 'Delete topic' }).click()
  await expect(dialog).toBeHidden()
  expect(await scene.admin.listTopics()).not.toContain('kept')
  await scene.open(page, '/local/delayed')
  await expect(page.getByRole('link', { name: 'several' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'kept' })).toHaveCount(0)
})

test('storage tells the marks of the disk, what goes when and why, and what stays', async ({ page }) => {
  await scene.createTopic('brief', 1, { 'retention.ms': '60000' })
  await scene.createTopic('table', 1, { 'cleanup.policy': 'compact' })
  await scene.produce('brief', [['k', 'v'.repeat(2000)]])
  await scene.produce('table', [['k', 'v']])
  await scene.open(page, '/local/storage')
  await expect(page.getByRole('img', { name: /% used; marks at 75, 85, 90, 95 %/ })).toBeVisible()
  await page.getByRole('link', { name: 'What will go' }).click()
  await page.getByRole('searchbox', { name: 'Filter by topic' }).fill('brief')
  const brief = page.getByRole('row', { name: /brief/ })
  await expect(brief).toContainText('older than retention.ms')
  await brief.getByText('older than').click()
  await expect(page.getByRole('complementary')).toContainText('logs begin at 0: 1 then')
  await page.getByRole('searchbox', { name: 'Filter by topic' }).fill('table')
  await expect(page.getByRole('row', { name: /table/ })).toContainText('stays: it is compacted')
})
