/** The panel beside a table by keyboard: the row that it is of stays in view, and has the focus once it is closed. */
import { expect, type Page, test } from '@playwright/test'
import { ownScene } from './scene.ts'

const scene = ownScene()
const COUNT = 150

test.beforeAll(async () => {
  await scene.createTopic('walked')
  const records = Array.from({ length: COUNT }, (_, n): [string, string] => [`key-${n}`, `{"n":${n}}`])
  await scene.produce('walked', records)
})

const rowOf = (page: Page, key: string) => page.getByRole('row').filter({ has: page.getByText(key, { exact: true }) })

// Where there are more than a hundred rows, only those in view are in the page.
for (const limit of [50, 200]) {
  test(`J walks past the edge of ${limit} rows; Escape gives the focus to the row that was open`, async ({ page }) => {
    await scene.open(page, `/local/topics/walked/messages?n=${limit}`)
    await rowOf(page, 'key-149').click()
    const panel = page.getByRole('complementary')
    await expect(panel.getByRole('heading')).toHaveText('0@149')
    for (let offset = 148; offset >= 110; offset -= 1) {
      await page.keyboard.press('j')
      await expect(panel.getByRole('heading')).toHaveText(`0@${offset}`)
    }
    const open = rowOf(page, 'key-110')
    await expect(open).toHaveAttribute('aria-current', 'true')
    await expect(open).toBeInViewport({ ratio: 1 })
    await panel.getByRole('button', { name: 'Close' }).focus()
    await page.keyboard.press('Escape')
    await expect(panel).toHaveCount(0)
    await expect(open).toBeFocused()
  })
}

test('an address names a row far down: it is in view', async ({ page }) => {
  await scene.open(page, '/local/topics/walked/messages?n=200&at=0@20')
  await expect(rowOf(page, 'key-20')).toBeInViewport({ ratio: 1 })
})

test('a panel that covers the page has the focus, and gives it back', async ({ page }) => {
  await page.setViewportSize({ width: 768, height: 1024 })
  await scene.open(page, '/local/topics/walked/messages?n=50')
  await rowOf(page, 'key-140').click()
  const panel = page.getByRole('complementary')
  await expect(panel).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  // What is behind is not to be reached.
  await expect(page.getByRole('main').locator('table :focus')).toHaveCount(0)
  await panel.getByRole('button', { name: 'Close' }).click()
  await expect(panel).toHaveCount(0)
  await expect(rowOf(page, 'key-140')).toBeFocused()
})
