/**
 * Three brokers: one stands still, comes back, replicas are moved and the move is taken back or held up, any replica is let
 * lead, a broker is forgotten; a Kafka client says what is.
 */
import { join } from 'node:path'
import { describeConfigs, goneBrokers, produceMessage } from '@odradek/client'
import { expect, type Page, test } from '@playwright/test'
import { ownClusterScene } from './cluster-scene.ts'
import { serve } from './process.ts'

const scene = ownClusterScene()
test.describe.configure({ mode: 'serial' })

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) })

test('a broker that stands still: who is not in sync, who leads now, and since when; then preferred leaders are elected', async ({
  page,
}) => {
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
  await expect(
    events
      .filter({ hasText: 'Leader elected' })
      .filter({ hasText: `${still} → ` })
      .first(),
  ).toBeVisible()

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
  const begin = page.getByRole('dialog').getByRole('button', { name: 'Move 1 partition' })
  await expect(begin).toBeVisible()
  // Nothing is moved to a broker that is away: it is that only a while after it stands still.
  scene.pause(target)
  await begin.dblclick()
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

test('a move is held up as the plan says, until somebody lets go', async ({ page }) => {
  await scene.createTopic('heavy', [[1]])
  const value = { format: 'text', text: 'x'.repeat(900_000) } as const
  const key = { format: 'null', text: '' } as const
  for (let i = 0; i < 20; i++)
    await produceMessage(scene.cluster, { topic: 'heavy', partition: 0, key, value, headers: [] })
  await scene.open(page, '/local/brokers/moves?plan=true&topic=heavy&brokers=2')
  const limit = page.getByLabel('Copied at most, MB/s')
  await limit.fill('1')
  await limit.press('Tab')
  await expect(page.getByText(/--brokers 2 --throttle 1000000 --apply/)).toBeVisible()
  await page.getByRole('button', { name: 'Move 1 partition' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Move 1 partition' }).dblclick()
  await expect(page.getByText(/are copied with 977.?KiB\/s at most/)).toBeVisible()
  const rate = async () => {
    const name = 'follower.replication.throttled.rate'
    const entries = await describeConfigs(scene.cluster, { type: 'broker', name: '' }, [name])
    return entries.find((entry) => entry.name === name && entry.isOverridden)?.value ?? null
  }
  expect(await rate()).toBe('1000000')
  await page.getByRole('button', { name: 'Let go' }).dblclick()
  await expect.poll(rate).toBe(null)
  await expect(page.getByText(/Replicas that are being moved are copied with/)).toBeHidden()
  await scene.expectPlaces('heavy', ([place]) => place?.replicas.join() === '2' && place.leader === 2)
})

test('where nobody in sync is there any replica is let lead, of one partition alone', async ({ page }) => {
  // The scene asks broker 1.
  const [last, behind] = [3, 2] as const
  const places = [
    [last, behind],
    [last, behind],
  ]
  await scene.createTopic('lost', places, { 'min.insync.replicas': '1' })
  scene.pause(behind)
  await scene.expectPlaces('lost', (all) => all.every(({ isr }) => isr.join() === String(last)))
  scene.pause(last)
  await scene.expectPlaces('lost', (all) => all.every(({ leader }) => leader === -1))
  scene.resume(behind)
  await expect.poll(async () => (await scene.cluster.metadata(0)).brokers.map(({ nodeId }) => nodeId)).toContain(behind)
  await scene.expectPlaces('lost', (all) => all.every(({ leader }) => leader === -1))

  await scene.open(page, '/local/brokers/partitions?q=lost')
  await row(page, 'lost-0').getByText('lost-0').click()
  const panel = page.getByRole('complementary', { name: 'lost-0' })
  await panel.getByRole('button', { name: 'Let any replica lead…' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText(/elect-leaders --topic lost:0 --unclean/)).toBeVisible()
  const act = dialog.getByRole('button', { name: 'Elect any leader' })
  const confirm = dialog.getByLabel('Type lost-0 to confirm')
  // Neither the topic nor another partition.
  for (const typed of ['', 'lost', 'lost-1']) {
    await confirm.fill(typed)
    await expect(act).toHaveAttribute('aria-disabled', 'true')
  }
  await confirm.fill('lost-0')
  await act.dblclick()
  await scene.expectPlaces('lost', ([first, second]) => first?.leader === behind && second?.leader === -1)
  await expect(dialog).toBeHidden()

  scene.resume(last)
  await scene.expectPlaces('lost', ([first, second]) => {
    return first?.leader === behind && first.isr.length === 2 && second?.leader === last && second.isr.length === 2
  })
})

test('a broker that is gone and has nothing is forgotten', async ({ page }) => {
  const sets = {
    'node.id': '4',
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'admin.listener': '',
    'log.dirs': join(scene.directory, 'fourth'),
    'metadata.store': `unix:${join(scene.directory, 'store.sock')}`,
  }
  const words = Object.entries(sets).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const fourth = await serve('packages/cli/src/main.ts', ['broker', ...words], /^Listening on (\S+)$/)
  await fourth.end()
  await scene.open(page, '/local/brokers')
  await expect(page.getByText('Broker 4 is away')).toBeVisible()
  await page.getByRole('button', { name: 'Forget it…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Type 4 to confirm').fill('4')
  await dialog.getByRole('button', { name: 'Forget broker 4' }).dblclick()
  await expect(page.getByText('Broker 4 is forgotten.')).toBeVisible()
  await expect(page.getByText('Broker 4 is away')).toBeHidden()
  expect((await goneBrokers(scene.cluster)).map(({ nodeId }) => nodeId)).not.toContain(4)
})
