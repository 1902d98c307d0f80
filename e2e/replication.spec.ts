/** Three brokers: one stands still, comes back, replicas are moved and the move is taken back; a Kafka client says what is. */
import { expect, type Page, test } from '@playwright/test'
import { ownClusterScene } from './cluster-scene.ts'

const scene = ownClusterScene()
test.describe.configure({ mode: 'serial' })

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) })

test('a broker that stands still: who is not in sync, who leads now, and since when; then preferred leaders are elected', async ({
  page,
}) => {
  test.setTimeout(120_000)
  // Each leads one of them.
  const placed = [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ]
  await scene.createTopic('orders', placed)
  const { controllerId } = await scene.cluster.metadata(0)
  const still = controllerId === 3 ? 2 : 3
  await scene.open(page, '/local/brokers')
  await expect(page.getByText(`broker ${controllerId}`, { exact: true })).toBeVisible()
  await expect(page.getByText(/^epoch \d+$/)).toBeVisible()
  scene.pause(still)
  await expect(page.getByText(`Broker ${still} is away`)).toBeVisible()
  await page.getByRole('link', { name: 'Partitions', exact: true }).click()
  // The one that the broker led has another leader, and none of the three has all replicas in sync.
  const led = `orders-${still - 1}`
  await page.getByLabel('Filter by partition').fill('orders')
  for (const n of [0, 1, 2]) await expect(row(page, `orders-${n}`)).toContainText('under-replicated')
  await expect(row(page, led)).toContainText('another leads')
  await row(page, led).getByText(led).click()
  const panel = page.getByRole('complementary', { name: led })
  await expect(panel.getByText(/2 of 3 replicas in sync, at least 2 wanted/)).toBeVisible()
  const elect = panel.getByRole('button', { name: 'Elect the preferred leader' })
  await expect(elect).toHaveAttribute('aria-description', `Broker ${still}, which should lead, is not in sync.`)
  await panel.getByRole('tab', { name: 'History' }).click()
  const events = panel.getByRole('listitem')
  const left = placed[still - 1]!.filter((id) => id !== still).join(', ')
  await expect(
    events
      .filter({ hasText: 'Fewer in sync' })
      .filter({ hasText: `→ ${left}` })
      .first(),
  ).toBeVisible()
  await expect(events.filter({ hasText: 'Leader elected' }).first()).toContainText(`${still} → `)

  scene.resume(still)
  await scene.expectPlaces('orders', (places) => places.every(({ isr }) => isr.length === 3))
  await expect(events.filter({ hasText: 'More in sync' }).first()).toBeVisible()
  await expect(page.getByText(`Broker ${still} is away`)).toBeHidden()
  await expect(elect).not.toHaveAttribute('aria-disabled', 'true')
  await elect.dblclick()
  await scene.expectPlaces('orders', (places) => places.every(({ leader, replicas }) => leader === replicas[0]))
  await expect(row(page, led)).toBeHidden()
})

test('a partition is moved by a plan that is shown before; while the new broker stands still the move is taken back', async ({
  page,
}) => {
  test.setTimeout(120_000)
  await scene.createTopic('parcels', [[1]])
  const { controllerId } = await scene.cluster.metadata(0)
  const [target, other] = controllerId === 3 ? [2, 3] : [3, 2]
  await scene.open(page, '/local/topics/parcels/partitions?at=0')
  await page.getByRole('complementary', { name: 'parcels-0' }).getByRole('link', { name: 'Move its topic…' }).click()
  await expect(page.getByText('1 partition is there already, evenly. Nothing moves.')).toBeVisible()
  const act = page.getByRole('button', { name: /^Move/ })
  await expect(act).toHaveAttribute('aria-description', 'Nothing is to be moved.')
  await page.getByRole('checkbox', { name: 'Broker 1' }).uncheck()
  await page.getByRole('checkbox', { name: `Broker ${other}` }).uncheck()
  await expect(page.getByText(/^1 partition moves of 1: 1 replica is copied/)).toBeVisible()
  const command = `odradek cluster reassign --topic parcels --brokers ${target} --apply`
  await expect(page.getByText(command)).toBeVisible()
  // What is shown is in the address.
  await expect(page).toHaveURL(new RegExp(`brokers=${target}`))
  await act.click()
  scene.pause(target)
  await page.getByRole('dialog').getByRole('button', { name: 'Move 1 partition' }).dblclick()
  await scene.expectPlaces('parcels', ([place]) => place?.replicas.toSorted().join() === `1,${target}`)
  await expect(row(page, 'parcels-0')).toBeVisible()
  await page.getByRole('checkbox', { name: 'Select parcels-0' }).check()
  await page.getByRole('button', { name: 'Take the move back…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take 1 move back' }).click()
  await expect(page.getByText('Nothing is being moved')).toBeVisible()
  await scene.expectPlaces('parcels', ([place]) => place?.replicas.join() === '1' && place.leader === 1)
  scene.resume(target)
  await scene.open(page, '/local/brokers/history?topic=parcels')
  await expect(row(page, 'Move taken back')).toBeVisible()
  await expect(row(page, 'Move begun')).toContainText(`replicas 1 → ${target}`)
})

test('a move that is let alone arrives, and its history says so', async ({ page }) => {
  test.setTimeout(120_000)
  await scene.createTopic('letters', [[1, 2]])
  await scene.expectPlaces('letters', () => true)
  await expect.poll(async () => (await scene.cluster.metadata(0)).brokers.length).toBe(3)
  await scene.open(page, '/local/brokers/moves?plan=true&topic=letters&brokers=2,3')
  await page.getByRole('button', { name: 'Move 1 partition' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Move 1 partition' }).click()
  await scene.expectPlaces('letters', ([place]) => {
    return place?.replicas.toSorted().join() === '2,3' && place.isr.length === 2 && place.leader !== 1
  })
  await scene.open(page, '/local/brokers/history?topic=letters&kind=moves')
  await expect(row(page, 'Move done')).toBeVisible()
})
