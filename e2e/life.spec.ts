/** The life of a message that failed, was retried and became a dead letter: told from any record of it, as Kafka clients made it. */

import { expect, test } from '@playwright/test'
import { ownScene } from './scene.ts'
import { commit } from './scene-groups.ts'
import { readRecords } from './scene-records.ts'

const scene = ownScene()

/** What a consumer of the group does on failure: the record goes to the group's retry topic, as it was received, with the error. */
async function fail(key: string, headers: Readonly<Record<string, string>>, error: string): Promise<void> {
  await scene.produce('retry.billing', [[key, '{}']], 0, { ...headers, EXCEPTION: error })
}

test.beforeAll(async () => {
  await scene.admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: 32,
        resourceName: 'billing',
        configs: [
          { name: 'retry.max.times', configOperation: 0, value: '1' },
          { name: 'retry.delay.levels', configOperation: 0, value: '100ms' },
        ],
      },
    ],
  })
  await scene.createTopic('orders', 1)
  await scene.createTopic('retry.billing', 1, { 'message.type': 'RETRY', 'retry.group': 'billing' })
  await scene.produce('orders', [
    ['o0', '{}'],
    ['o1', '{}'],
    ['o2', '{}'],
  ])
  const origin = { ORIGIN_TOPIC: 'orders', ORIGIN_PARTITION: '0', ORIGIN_OFFSET: '1' }
  await fail('o1', origin, 'NoSuchArticle: 4711\n    at pay (pay.ts:3)')
  const [retried] = await readRecords(scene, 'retry.billing', 1)
  await fail('o1', retried?.headers ?? {}, 'NoSuchArticle: still none')
  await readRecords(scene, 'dlq.billing', 1)
  await commit(scene, 'billing', { orders: [3], 'retry.billing': [1] })
  await commit(scene, 'mail', { orders: [1] })
})

test('from the message to its life, and from there to the dead letter and back', async ({ page }) => {
  await scene.open(page, '/local/topics/orders/0/1')
  await page.getByRole('link', { name: 'Life' }).click()
  const billing = page.getByRole('region', { name: 'Group billing' })
  await expect(billing.getByRole('listitem')).toHaveCount(4)
  for (const [n, words] of [
    'Attempt 1 failed',
    'Seen again, retry 1',
    'Attempt 2 failed',
    'Became a dead letter',
  ].entries()) {
    await expect(billing.getByRole('listitem').nth(n)).toContainText(words)
  }
  await expect(billing).toContainText('dead letter')
  await expect(billing).toContainText('reported by e2e')
  await billing.getByText('NoSuchArticle: 4711').click()
  await expect(billing.getByText('at pay (pay.ts:3)')).toBeVisible()
  const mail = page.getByRole('region', { name: 'Group mail' })
  await expect(mail).toContainText('The group stands before it')
  await expect(page.getByRole('region', { name: 'Until it could be read' })).toContainText('Produced')
  await expect(page.getByRole('region', { name: 'Not known' })).toBeHidden()
  await billing.getByRole('listitem').nth(3).getByRole('link', { name: 'Follow from here' }).click()
  await expect(page).toHaveURL(/\/life\/dlq\.billing\/0\/0$/)
  await expect(billing.getByRole('listitem').nth(3)).toContainText('asked for')
  await expect(page.getByRole('region', { name: 'Until it could be read' })).toContainText('orders/0@1')
})

test('a message that was only read says what is inferred and what is not known', async ({ page }) => {
  await scene.open(page, '/local')
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('orders/0@0')
  await page.getByRole('option', { name: 'Life of orders, partition 0, offset 0' }).click()
  const billing = page.getByRole('region', { name: 'Group billing' })
  await expect(billing).toContainText('The group is past it, and no failure of it was found.')
  await expect(page.getByRole('region', { name: 'Not known' })).toContainText('When it was consumed')
  await scene.open(page, '/local/life/orders/0/99')
  await expect(page.getByText('A life is told from a record that is there.')).toBeVisible()
})
