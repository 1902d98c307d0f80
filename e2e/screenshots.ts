/**
 * The pictures in docs/images, from the sample shop: `npm run screenshots [FOLDER]`. They are made anew from the pages as they are, so
 * that they stay true. With `--all` every page is taken at three widths, in both themes and both languages, though not in all combinations,
 * full, empty and with the broker away, to be looked at; `--only TEXT` takes those whose name holds it, or one of several (`a,b`).
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from '@playwright/test'
import { Scene } from './scene.ts'

interface Picture {
  readonly name: string
  readonly path: string
  readonly theme?: 'light' | 'dark'
  readonly locale?: 'en' | 'zh'
  readonly width?: number
  /** What is pressed before it is taken. */
  readonly act?: (page: Page) => Promise<void>
}

const topic = '/local/topics/shop.orders'
const pictures: readonly Picture[] = [
  { name: 'overview', path: '/local' },
  { name: 'topics', path: '/local/topics', theme: 'dark' },
  {
    name: 'messages',
    path: `${topic}/messages`,
    act: async (page) => {
      await page.locator('tr[data-row]').nth(2).click()
      await page.getByRole('tabpanel').waitFor()
    },
  },
  { name: 'partitions-zh', path: `${topic}/partitions`, locale: 'zh' },
  { name: 'diagnosis', path: '/local/groups/shop-notifications/diagnosis' },
  {
    name: 'reset',
    path: '/local/groups/shop-analytics/reset?to=earliest',
    theme: 'dark',
    // The plan is there.
    act: (page) =>
      page
        .getByRole('cell', { name: /^(replays|重读)/ })
        .first()
        .waitFor(),
  },
]

/** Every page, for looking at. */
const everything: readonly Picture[] = [
  ...pictures,
  { name: 'configuration', path: `${topic}/configuration` },
  { name: 'topic-groups', path: `${topic}/groups` },
  { name: 'producers', path: `${topic}/producers` },
  { name: 'groups', path: '/local/groups' },
  { name: 'group-lag', path: '/local/groups/shop-analytics/lag' },
  { name: 'group-members', path: '/local/groups/shop-billing/members' },
  { name: 'brokers', path: '/local/brokers' },
  { name: 'broker', path: '/local/brokers/1' },
  { name: 'broker-configuration', path: '/local/brokers/1/configuration' },
  { name: 'brokers-partitions', path: '/local/brokers/partitions?only=all&at=shop.orders-0' },
  { name: 'brokers-moves', path: '/local/brokers/moves' },
  { name: 'brokers-plan', path: '/local/brokers/moves?plan=true&topic=shop.orders' },
  { name: 'brokers-history', path: '/local/brokers/history' },
  { name: 'dead-letters', path: '/local/dead-letters' },
  {
    name: 'letters',
    path: '/local/dead-letters',
    act: async (page) => {
      await page.locator('tr[data-row] a').first().click()
      await page.locator('tr[data-row]').nth(1).click()
    },
  },
  { name: 'retries', path: '/local/dead-letters/retries' },
  { name: 'jobs', path: '/local/dead-letters/jobs' },
  { name: 'delayed', path: '/local/delayed' },
  {
    name: 'delayed-topic',
    path: '/local/delayed/shop.reminders',
    act: (page) => page.locator('tr[data-row]').nth(1).click(),
  },
  { name: 'life-start', path: '/local/life' },
  { name: 'life', path: '/local/life/shop.orders/0/1' },
  { name: 'storage', path: '/local/storage' },
  { name: 'storage-topics', path: '/local/storage/topics' },
  { name: 'storage-deleted', path: '/local/storage/deleted' },
  { name: 'alerts', path: '/local/alerts' },
  { name: 'alert-rules', path: '/local/alerts/rules' },
  { name: 'audit', path: '/local/audit' },
  { name: 'record', path: `${topic}/0/1` },
  { name: 'live', path: `${topic}/messages?live=true` },
  { name: 'filtered', path: `${topic}/messages?from=earliest&f=value.amount~%3E~500&cel=value.id%20%3E%200&n=50` },
  { name: 'bad-filter', path: `${topic}/messages?from=earliest&cel=value.%20%3D%3D` },
  { name: 'lag-stuck', path: '/local/groups/shop-notifications/lag' },
  { name: 'reset-time', path: '/local/groups/shop-billing/reset' },
  { name: 'missing', path: '/local/topics/%25DLQ%25a%2Fb%20%E8%AE%A2%E5%8D%95/partitions' },
  { name: 'nothing-matches', path: '/local/topics?q=nothing-is-called-that' },
  { name: 'create', path: '/local/topics?create=true' },
  { name: 'palette', path: '/local/topics', act: (page) => page.keyboard.press('Control+k') },
  { name: 'shortcuts', path: '/local/topics', act: (page) => page.keyboard.press('?') },
  {
    name: 'produce',
    path: `${topic}/messages`,
    act: (page) =>
      page
        .getByRole('button', { name: /^(Produce|发送消息)/ })
        .first()
        .click(),
  },
  {
    name: 'topic-menu',
    path: `${topic}/partitions`,
    act: (page) => page.locator('main button[aria-haspopup=menu]').first().click(),
  },
  {
    name: 'delete-records',
    path: `${topic}/partitions`,
    act: async (page) => {
      await page.locator('main button[aria-haspopup=menu]').first().click()
      await page
        .getByRole('menuitem', { name: /records|消息/ })
        .first()
        .click()
    },
  },
  {
    name: 'selected',
    path: '/local/topics',
    act: (page) => page.locator('thead input').click(),
  },
]

/** Pages of a cluster that holds nothing, and again when it has gone away. */
const bare: readonly Picture[] = [
  { name: 'overview', path: '/local' },
  { name: 'topics', path: '/local/topics' },
  { name: 'groups', path: '/local/groups' },
  { name: 'brokers', path: '/local/brokers' },
  { name: 'dead-letters', path: '/local/dead-letters' },
  { name: 'retries', path: '/local/dead-letters/retries' },
  { name: 'jobs', path: '/local/dead-letters/jobs' },
  { name: 'delayed', path: '/local/delayed' },
  { name: 'storage', path: '/local/storage' },
  { name: 'alerts', path: '/local/alerts' },
  { name: 'audit', path: '/local/audit' },
]

const variants = [
  [1440, 'light', 'en'],
  [1024, 'dark', 'zh'],
  [390, 'light', 'zh'],
  [390, 'dark', 'en'],
] as const

/** Long enough for rates, lags and their first minutes to be told, on a machine that is busy with other things, too. */
const WATCHED_MS = Number(process.env.SCREENSHOT_WATCHED_MS ?? 150_000)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, only: { type: 'string', default: '' } },
})
const folder = resolve(positionals[0] ?? join(import.meta.dirname, '../docs/images'))
mkdirSync(folder, { recursive: true })
const scene = new Scene({ console: ({ bootstrap }) => ['--bootstrap', bootstrap, '--demo'] })
await scene.start()
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
})
try {
  // The console watches a cluster from its first visitor on.
  await fetch(scene.url('/local'))
  await new Promise((go) => setTimeout(go, WATCHED_MS))
  if (values.all === true) {
    await takeAll(scene, everything, '')
    const empty = new Scene({})
    await empty.start()
    try {
      await takeAll(empty, bare, 'empty-')
      await empty.stopBroker()
      await takeAll(empty, bare, 'away-')
    } finally {
      await empty.stop()
    }
  } else {
    for (const picture of pictures) if (picture.name.includes(values.only)) await take(browser, scene, picture)
  }
} finally {
  await browser.close()
  await scene.stop()
}

async function takeAll(of: Scene, all: readonly Picture[], prefix: string): Promise<void> {
  const wanted = values.only.split(',')
  for (const picture of all) {
    for (const [width, theme, locale] of variants) {
      const name = `${prefix}${picture.name}-${width}-${theme}-${locale}`
      if (wanted.some((text) => name.includes(text)))
        await take(browser, of, { ...picture, width, theme, locale, name })
    }
  }
}

async function take(from: Browser, scene: Scene, picture: Picture): Promise<void> {
  const { name, path, theme = 'light', locale = 'en', width = 1280, act } = picture
  const context = await from.newContext({ viewport: { width, height: width < 600 ? 844 : 800 } })
  await context.addCookies([
    { name: 'theme', value: theme, url: scene.base },
    { name: 'locale', value: locale, url: scene.base },
  ])
  const page = await context.newPage()
  page.on('pageerror', (error) => process.stderr.write(`${name}: ${error.stack}\n`))
  page.on('console', (message) => {
    if (message.type() === 'error') process.stderr.write(`${name}: ${message.text()}\n`)
  })
  await scene.open(page, path)
  await page.waitForTimeout(1_500)
  await act?.(page).catch((error: Error) => process.stderr.write(`${name}: ${error.message.split('\n')[0]}\n`))
  await page.waitForTimeout(act === undefined ? 0 : 800)
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await context.close()
}
