/** Dead letters and retries as an operator deals with them; a Kafka client says afterwards what is where. */
import { expect, type Page, test } from '@playwright/test'
import { ownScene } from './scene.ts'
import { commit } from './scene-groups.ts'
import { freePort, giveUp, groupConfig, springLetters, writeRecords } from './scene-letters.ts'
import { logBounds } from './scene-offsets.ts'
import { readRecords } from './scene-records.ts'

const admin = await freePort()
const scene = ownScene({ broker: ['--set', `admin.listener=127.0.0.1:${admin}`] })

const letters = (topic: string, query = '') => `/local/dead-letters/topics/${encodeURIComponent(topic)}${query}`

/** How many records a topic of one partition has. */
async function depth(topic: string): Promise<number> {
  const [[start, end]] = (await logBounds(scene, topic, 1)) as [[number, number]]
  return end - start
}

async function run(page: Page, count: number): Promise<void> {
  await page
    .getByRole('main')
    .getByRole('button', { name: `Resend ${count}` })
    .click()
  if (count <= 100) return
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: `Resend ${count}` })).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel(/^Type/).fill(String(count))
  await dialog.getByRole('button', { name: `Resend ${count}` }).dblclick()
}

test('a letter is found, understood, and sent again once, however often it is clicked', async ({ page }) => {
  await scene.createTopic('orders')
  await scene.produce('orders', [['anna', '{"cents":5}']])
  await commit(scene, 'auditors', { orders: [0] })
  await giveUp(scene, 'payments', [
    { key: 'anna', value: '{"cents":6}', origin: 'orders/0@0' },
    { key: 'bert', value: '{}', error: 'TimeoutError: no answer' },
  ])
  await scene.open(page, '/local/dead-letters')
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'payments' }) })
  await expect(row.getByRole('cell', { name: '2', exact: true })).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Places' }).getByText('2', { exact: true })).toBeVisible()
  await row.getByRole('link', { name: 'payments' }).click()
  await expect(page.getByRole('heading', { level: 1, name: /payments/ })).toBeVisible()
  await page.getByRole('checkbox', { name: 'TypeError' }).check()
  await expect(page.getByRole('cell', { name: 'orders-0@0' })).toBeVisible()
  await expect(page.getByRole('cell', { name: 'origin unknown' })).toHaveCount(0)
  await page.getByRole('cell', { name: 'orders-0@0' }).click()
  const panel = page.getByRole('complementary', { name: '0@0' })
  await expect(panel.getByText('Attempt 4 failed')).toBeVisible()
  await expect(panel.getByText(/Retried 3 times/)).toBeVisible()
  await panel.getByRole('tab', { name: 'Original' }).click()
  await expect(panel.getByText('Value differs')).toBeVisible()
  await expect(panel.getByText('"cents": 5')).toBeVisible()
  await panel.getByRole('button', { name: 'Resend', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText(/One other group reads there and will see it a second time: auditors/)).toBeVisible()
  await expect(dialog.getByText(/Nobody of this group is online/)).toBeVisible()
  await dialog.getByRole('button', { name: 'Resend', exact: true }).dblclick()
  await expect(dialog.getByText(/Sent\. It is now at/)).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(panel.getByText('resent 1 ×')).toBeVisible()
  const [sent] = await readRecords(scene, 'retry.payments', 1)
  expect([sent?.key, sent?.value, sent?.headers.RECONSUME_TIME]).toEqual(['anna', '{"cents":6}', '1'])
  expect(await depth('retry.payments')).toBe(1)
  expect(await depth('dlq.payments')).toBe(2)
})

test('a letter is edited, its difference looked at, and is consumed once with it in its headers', async ({ page }) => {
  await giveUp(scene, 'editors', [{ key: 'k', value: '{"cents":"five"}', origin: 'orders/0@0' }])
  await scene.open(page, letters('dlq.editors', '/0/0'))
  await page.getByRole('button', { name: 'Edit and resend' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Look at the difference' })).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByRole('textbox', { name: 'Value', exact: true }).fill('{"cents":5}')
  await dialog.getByRole('button', { name: 'Look at the difference' }).click()
  await expect(dialog.getByText('{"cents":"five"}')).toBeVisible()
  await dialog.getByRole('button', { name: 'Send the edited letter' }).dblclick()
  await expect(dialog.getByText(/Sent\. It is now at/)).toBeVisible()
  const [sent] = await readRecords(scene, 'retry.editors', 1)
  expect(sent?.value).toBe('{"cents":5}')
  expect(JSON.parse(sent?.headers['x-redrive-edit'] ?? '{}')).toEqual({
    value: [{ path: '/cents', from: 'five', to: 5 }],
  })
  expect(await depth('retry.editors')).toBe(1)
})

test('two operators on two consoles send the same letters: each goes once, and what cannot go says why', async ({
  page,
  context,
}) => {
  await scene.createTopic('parcels')
  await scene.createTopic('parcels-dlt')
  await springLetters(scene, 'parcels-dlt', 150, (n) => (n < 120 ? 'parcels' : null))
  const other = await scene.openConsole()
  try {
    const second = await context.newPage()
    await scene.open(page, letters('parcels-dlt', '/resend?to=origin'))
    await second.goto(`${other.told}${letters('parcels-dlt', '/resend?to=origin')}`)
    await second.locator('html[data-ready]').waitFor()
    const sentence = '150 letters match: 120 would be sent to parcels, 30 cannot be sent, 0 are skipped.'
    await expect(page.getByText(sentence)).toBeVisible()
    await expect(second.getByText(sentence)).toBeVisible()
    await Promise.all([run(page, 120), run(second, 120)])
    const outcomes: number[][] = []
    for (const each of [page, second]) {
      await expect(each.getByText(/^Done\./)).toBeVisible()
      const words = (await each.getByText(/^Done\./).textContent()) ?? ''
      outcomes.push(words.match(/\d+/g)!.map(Number))
    }
    // Sent, matched, failed, skipped.
    for (const [sent, matched, failed, skipped] of outcomes) expect(sent! + failed! + skipped!).toBe(matched)
    expect(outcomes[0]![0]! + outcomes[1]![0]!).toBe(120)
    const records = await readRecords(scene, 'parcels', 120)
    expect(new Set(records.map(({ key }) => key)).size).toBe(120)
    expect(await depth('parcels')).toBe(120)
    await page.getByRole('checkbox', { name: 'failed' }).check()
    await expect(page.getByRole('row').filter({ hasText: 'origin' }).first()).toBeVisible()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV' }).click()
    const file = await (await download).createReadStream()
    let text = ''
    for await (const chunk of file) text += chunk
    expect(text.trim().split('\r\n')).toHaveLength(151)
    await page.getByRole('link', { name: 'Retry the 30 that failed' }).click()
    await page.getByLabel('Where to').selectOption({ label: 'Another topic' })
    await page.getByLabel('Topic', { exact: true }).fill('parcels')
    await expect(page.getByText('30 letters match: 30 would be sent to parcels')).toBeVisible()
    await run(page, 30)
    await expect(page.getByText('Done. 30 of 30 sent, 0 failed, 0 skipped.')).toBeVisible()
    expect(await depth('parcels')).toBe(150)
  } finally {
    await other.end()
  }
})

const CLICKS = 45

test('a job goes on when the page is loaded again, and the console and the broker are killed', async ({ page }) => {
  await scene.createTopic('clicks')
  await scene.createTopic('clicks-dlt')
  await springLetters(scene, 'clicks-dlt', CLICKS, () => 'clicks')
  // One a second: it is not over before it is paused, and killed.
  await scene.open(page, letters('clicks-dlt', '/resend?to=origin&rate=1'))
  await run(page, CLICKS)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByText(new RegExp(`^Paused\\. \\d+ of ${CLICKS} sent`))).toBeVisible()
  await page.reload()
  await expect(page.getByText(new RegExp(`^Paused\\. \\d+ of ${CLICKS} sent`))).toBeVisible()
  await page.locator('html[data-ready]').waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByText(new RegExp(`^\\d+ of ${CLICKS} sent`))).toBeVisible()
  const path = new URL(page.url()).pathname
  await Promise.all([scene.stopConsole('SIGKILL'), scene.stopBroker('SIGKILL')])
  await page.goto('about:blank')
  await scene.startBroker()
  expect(await depth('clicks'), 'both were killed while it ran').toBeLessThan(CLICKS)
  await scene.startConsole()
  await scene.open(page, path)
  const done = page.getByText(`Done. ${CLICKS} of ${CLICKS} sent, 0 failed, 0 skipped.`)
  await expect(done).toBeVisible({ timeout: 120_000 })
  const records = await readRecords(scene, 'clicks', CLICKS)
  expect(new Set(records.map(({ key }) => key)).size).toBe(CLICKS)
  expect(await depth('clicks')).toBe(CLICKS)
})

test('ten thousand letters: what is sent, what fails and what is left add up, in the page, the file and the topic', async ({
  page,
}) => {
  await scene.createTopic('bulk')
  await scene.createTopic('bulk-dlt')
  await springLetters(scene, 'bulk-dlt', 10_000, (n) => (n % 10 === 0 ? null : 'bulk'))
  await scene.open(page, letters('bulk-dlt', '/resend?to=origin'))
  const sentence = /^10.000 letters match: 9.000 would be sent to bulk, 1.000 cannot be sent, 0 are skipped\.$/
  await expect(page.getByText(sentence)).toBeVisible()
  const act = page.getByRole('button', { name: /^Resend 9.000$/ })
  await act.click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Type/).fill('9000')
  await dialog.getByRole('button', { name: /^Resend 9.000$/ }).click()
  const done = page.getByText(/^Done\. 9.000 of 10.000 sent, 1.000 failed, 0 skipped\.$/)
  await expect(done).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSV' }).click()
  let text = ''
  for await (const chunk of await (await download).createReadStream()) text += chunk
  const lines = text.trim().split('\r\n').slice(1)
  expect([lines.length, lines.filter((line) => line.includes('sent')).length]).toEqual([10_000, 9_000])
  expect(await depth('bulk')).toBe(9_000)
  const records = await readRecords(scene, 'bulk', 9_000)
  expect(new Set(records.map(({ key }) => key)).size).toBe(9_000)
})

test('a letter whose origin nobody knows can go back to its group alone, and says why', async ({ page }) => {
  await giveUp(scene, 'lost', [{ key: 'k', value: 'v' }])
  await scene.open(page, letters('dlq.lost', '/0/0'))
  await page.getByRole('tab', { name: 'Original' }).click()
  await expect(page.getByText(/Where this letter was read first is not known/)).toBeVisible()
  await page.getByRole('button', { name: 'Resend', exact: true }).click()
  const dialog = page.getByRole('dialog')
  const radios = dialog.getByRole('radio')
  await expect(radios).toHaveCount(2)
  await expect(radios.nth(0)).toBeChecked()
  await expect(radios.nth(1)).toBeDisabled()
  await dialog.getByRole('button', { name: 'Resend', exact: true }).click()
  await expect(dialog.getByText(/Sent\. It is now at/)).toBeVisible()
  expect((await readRecords(scene, 'retry.lost', 1)).map(({ key }) => key)).toEqual(['k'])
})

test('a canary that comes back stops the job; what is left is given up with it', async ({ page }) => {
  await giveUp(
    scene,
    'fragile',
    Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, value: 'x' })),
  )
  // From now on whatever comes is a dead letter at once.
  await groupConfig(scene, 'fragile', { 'retry.max.times': '0' })
  await scene.open(page, letters('dlq.fragile', '/resend?canary=5&wait=600&back=10'))
  await expect(page.getByText(/^20 letters match: 20 would be sent/)).toBeVisible()
  await run(page, 20)
  await expect(page.getByText(/^It stopped by itself\. 5 of 20 sent/)).toBeVisible()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText(/^Cancelled\. 5 of 20 sent, 0 failed, 15 skipped\./)).toBeVisible()
  // The first that came back stopped it; the other four may come after that.
  await expect.poll(() => depth('dlq.fragile')).toBe(25)
})

test('letters are marked as resolved, that is taken back; an address shows the same to somebody else', async ({
  page,
  browser,
}) => {
  await giveUp(scene, 'tidy', [
    { key: 'a', value: '1' },
    { key: 'b', value: '2', error: 'TimeoutError: late' },
  ])
  await scene.open(page, letters('dlq.tidy', '?error=TypeError'))
  await page.getByRole('checkbox', { name: 'Select 0@0' }).check()
  await page.getByRole('button', { name: 'Mark 1 letter as resolved' }).click()
  const row = page.getByRole('row').filter({ has: page.getByRole('checkbox', { name: 'Select 0@0' }) })
  await expect(row.getByText('resolved')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(row.getByText('new')).toBeVisible()
  await row.getByText('new').click()
  await expect(page).toHaveURL(/at=0@0/)
  const fresh = await browser.newContext()
  const copy = await fresh.newPage()
  await copy.goto(page.url())
  await expect(copy.getByRole('complementary', { name: '0@0' }).getByText('Attempt 4 failed')).toBeVisible()
  await expect(copy.getByRole('checkbox', { name: /^Select \d+@/ })).toHaveCount(1)
  await fresh.close()
})

test('a console that is read-only shows all of it, and does nothing', async ({ page }) => {
  await giveUp(scene, 'watched', [{ key: 'a', value: '1' }])
  const other = await scene.openConsole('--read-only')
  try {
    await page.goto(`${other.told}${letters('dlq.watched', '/0/0')}`)
    for (const name of ['Resend', 'Edit and resend', 'Mark as resolved']) {
      const button = page.getByRole('button', { name, exact: true })
      await expect(button).toHaveAttribute('aria-description', 'The console is in read-only mode.')
    }
    const order = { cluster: 'local', topic: 'dlq.watched', places: [{ partition: 0, offset: 0 }] }
    const answer = await page.request.post(`${other.told}/api/trpc/deadLetters.resolve`, {
      data: order,
      headers: { origin: other.told },
    })
    expect(answer.status()).toBe(403)
  } finally {
    await other.end()
  }
})

test('letters are purged only under the name of their topic', async ({ page }) => {
  await giveUp(scene, 'purged', [{ key: 'a', value: '1' }])
  await scene.open(page, letters('dlq.purged'))
  await page.getByRole('main').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Purge…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Which').selectOption({ label: 'All letters' })
  await expect(dialog.getByText('1 letters go from 1 partition; 1 of them are not resolved.')).toBeVisible()
  const purge = dialog.getByRole('button', { name: 'Purge 1 letters' })
  await expect(purge).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByLabel(/^Type/).fill('dlq.purged')
  await purge.click()
  await expect(dialog.getByText('1 partition was purged, 0 failed.')).toBeVisible()
  expect(await depth('dlq.purged')).toBe(0)
})

test('what waits for another try is tried now, or given up', async ({ page }) => {
  const retry = 'retry.patient'
  await groupConfig(scene, 'patient', { 'retry.delay.levels': '1h' })
  const headers = { EXCEPTION: 'TimeoutError: no answer' }
  await writeRecords(
    scene,
    retry,
    ['soon', 'never'].map((key) => ({ key, value: key, headers })),
  )
  await scene.open(page, '/local/dead-letters/retries')
  await page.getByRole('link', { name: 'patient' }).click()
  const boxOf = (key: string) => page.getByRole('row').filter({ hasText: key }).getByRole('checkbox')
  await expect(page.getByRole('cell', { name: 'TimeoutError: no answer' })).toHaveCount(2)
  await boxOf('soon').check()
  await page.getByRole('button', { name: 'Try now' }).click()
  await expect(page.getByText('1 record is tried now.')).toBeVisible()
  await boxOf('never').check()
  await page.getByRole('button', { name: 'Send to the dead letters' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send to the dead letters' }).click()
  await expect(page.getByText('1 record is among the dead letters now.')).toBeVisible()
  expect((await readRecords(scene, retry, 1)).map(({ key }) => key)).toEqual(['soon'])
  const [letter] = await readRecords(scene, 'dlq.patient', 1)
  expect([letter?.key, letter?.headers.DEAD_LETTER_REASON]).toEqual([
    'never',
    'Retried 0 times, and given up by an operator.',
  ])
})
