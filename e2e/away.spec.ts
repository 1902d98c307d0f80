/** A cluster that goes away and returns: pages say so, keep their frame, and recover by themselves. */
import { expect, test } from '@playwright/test'
import { ownScene } from './scene.ts'

const scene = ownScene()

test('while the broker is away every page says what was tried; when it is back they show it again', async ({
  page,
}) => {
  await scene.createTopic('orders', 2)
  await scene.open(page, '/local/topics')
  await expect(page.getByRole('link', { name: 'orders' })).toBeVisible()
  await scene.stopBroker()
  await page.reload()
  const complaint = page.getByRole('main').getByRole('alert').first()
  await expect(complaint).toContainText('cannot be reached')
  await expect(complaint.getByRole('button', { name: 'Retry' })).toBeVisible()
  await expect(page.getByText('No topics yet')).toBeHidden()
  await scene.open(page, '/local')
  await expect(complaint).toContainText('cannot be reached')
  await scene.open(page, '/local/topics/orders/partitions')
  await expect(complaint).toContainText('cannot be reached')
  await scene.startBroker()
  await scene.open(page, '/local/topics')
  await expect(page.getByRole('link', { name: 'orders' })).toBeVisible()
  await expect(page.getByRole('main').getByRole('alert')).toHaveCount(0)
})

test('a page that is open recovers without a hand on it', async ({ page }) => {
  await scene.open(page, '/local')
  await expect(page.getByText('all led and in sync')).toBeVisible()
  await scene.stopBroker()
  await expect(page.getByRole('main').getByRole('alert').first()).toContainText('cannot be reached')
  await scene.startBroker()
  await expect(page.getByRole('main').getByRole('alert')).toHaveCount(0)
  await expect(page.getByText('all led and in sync')).toBeVisible()
})

test('a page of several parts tells once that the cluster is away, and all of them come back by themselves', async ({
  page,
}) => {
  await scene.createTopic('letters', 1)
  await scene.produce('letters', [['k', '{"id":7}']])
  const complaints = page.getByRole('main').getByRole('alert')
  const message = page.getByRole('row').filter({ hasText: '"id":7' })
  await scene.open(page, '/local/topics/letters/messages?from=earliest')
  await expect(message).toBeVisible()
  await scene.stopBroker()
  await page.reload()
  await expect(complaints).toHaveCount(1)
  await expect(complaints).toContainText('cannot be reached')
  // What the list itself was told by then, it does not say again.
  await expect(page.getByRole('progressbar')).toHaveCount(0)
  await expect(complaints).toHaveCount(1)
  await scene.startBroker()
  await expect(message).toBeVisible()
  await expect(complaints).toHaveCount(0)
})

test('a panel that covers a narrow page tells itself that the cluster is away', async ({ page }) => {
  await scene.createTopic('notes', 1)
  await page.setViewportSize({ width: 800, height: 800 })
  await scene.open(page, '/local/topics/notes/partitions?at=0')
  const panel = page.getByRole('complementary', { name: 'notes-0' })
  await expect(panel).toContainText('leader')
  await scene.stopBroker()
  await page.reload()
  await expect(panel.getByRole('alert')).toContainText('cannot be reached')
  await scene.startBroker()
  await expect(panel).toContainText('leader')
  await expect(panel.getByRole('alert')).toHaveCount(0)
})

test('a search that was to begin anew does so when the cluster is back, not where it had gone on from', async ({
  page,
}) => {
  await scene.createTopic('drafts', 1)
  await scene.produce('drafts', [
    ['k', '{"id":1}'],
    ['k', '{"id":2}'],
  ])
  const [first, second] = [1, 2].map((id) => page.getByRole('row').filter({ hasText: `"id":${id}` }))
  // From offset 1 on, as the address says after Continue.
  await scene.open(page, '/local/topics/drafts/messages?from=earliest&resume=f~2~0.1.2')
  await expect(second!).toBeVisible()
  await expect(first!).toHaveCount(0)
  await scene.stopBroker()
  await page.getByRole('button', { name: 'Search again' }).click()
  const complaint = page.getByRole('main').getByRole('alert').first()
  await expect(complaint).toContainText('cannot be reached')
  await scene.startBroker()
  await expect(second!).toBeVisible()
  await expect(first!).toBeVisible()
})

test('a dialog that could not be told what it is about asks by itself', async ({ page }) => {
  await scene.createTopic('bills', 1)
  await scene.produce('bills', [['k', '{"id":8}']])
  await scene.open(page, '/local/topics/bills/partitions')
  await expect(page.getByRole('row').nth(1)).toBeVisible()
  await scene.stopBroker()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: /records/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Moment' }).fill('2090-01-01')
  await expect(dialog.getByRole('alert')).toContainText('cannot be reached')
  await scene.startBroker()
  await expect(dialog.getByRole('alert')).toHaveCount(0)
  await expect(dialog).toContainText('1 offset goes from one partition, which is emptied.')
})

test('while the broker hangs a page says that it waits, and goes on by itself', async ({ page }) => {
  await scene.createTopic('payments', 1)
  await scene.open(page, '/local/topics')
  await expect(page.getByRole('link', { name: 'payments' })).toBeVisible()
  const note = page.getByText('The cluster is slow to answer')
  scene.holdBroker(true)
  try {
    await page.reload()
    await expect(note).toBeVisible()
  } finally {
    scene.holdBroker(false)
  }
  await expect(page.getByRole('link', { name: 'payments' })).toBeVisible()
  await expect(note).toBeHidden()
})
