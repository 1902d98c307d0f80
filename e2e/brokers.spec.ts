/** Brokers and the audit: what the cluster tells of itself, a config that is changed while it runs, and who changed what. */
import { expect, test } from '@playwright/test'
import { ownScene } from './scene.ts'

const scene = ownScene()

async function brokerConfig(name: string): Promise<string | null | undefined> {
  const [answer] = await scene.admin.describeConfigs({
    resources: [{ resourceType: 4, resourceName: '1', configurationKeys: [name] }],
  })
  return answer?.configs.find((config) => config.name === name)?.value
}

test('the list and a broker show what it holds and how it fares', async ({ page }) => {
  await scene.createTopic('held', 2)
  await scene.produce('held', [['k', 'v'.repeat(5000)]])
  await scene.open(page, '/local/brokers')
  await expect(page.getByText('controller', { exact: true })).toBeVisible()
  await page.getByRole('table').getByRole('link', { name: '1', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: /Brokers/ })).toContainText('1')
  await expect(page.getByText('serving').first()).toBeVisible()
  await expect(page.getByRole('row', { name: /held\/0/ })).toContainText('KiB')
})

test('a config is changed while the broker runs, and the audit says by whom, before and after', async ({ page }) => {
  await scene.open(page, '/local/audit')
  await page.getByRole('button', { name: /Keep in topic/ }).click()
  await expect(page.getByText(/^kept in /)).toBeVisible()
  const topics = await scene.admin.listTopics()
  expect(topics).toContain('odradek-audit')
  await scene.open(page, '/local/brokers/1/configuration?q=log.retention.ms')
  await page.getByRole('button', { name: 'Change log.retention.ms', exact: true }).click()
  await page.getByLabel('New value').fill('7200000')
  await expect(page.getByText(/odradek brokers config 1 --set log\.retention\.ms=7200000/)).toBeVisible()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('changed here')).toBeVisible()
  expect(await brokerConfig('log.retention.ms')).toBe('7200000')
  await scene.open(page, '/local/audit')
  const row = page.getByRole('row', { name: /brokers\.setConfig/ })
  await expect(row).toContainText('broker 1')
  await row.getByRole('cell').first().click()
  await expect(page.getByRole('complementary')).toContainText('"log.retention.ms": "7200000"')
  await expect(page.getByRole('complementary')).toContainText('604800000')
})

test('a broker that is not there is said not to be', async ({ page }) => {
  await scene.open(page, '/local/brokers/77')
  await expect(page.getByText('There is no broker 77')).toBeVisible()
  await page.getByRole('link', { name: 'All brokers' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Brokers', exact: true })).toBeVisible()
})
