/**
 * The pictures in docs/images, from the sample shop: `npm run screenshots [FOLDER]`. They are made anew from the pages as they are, so
 * that they stay true. With `--all` every page is taken at three widths, in both themes and both languages, though not in all combinations, to be looked at.
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
      await page.getByRole('tab', { name: 'Value' }).waitFor()
    },
  },
  { name: 'partitions-zh', path: `${topic}/partitions`, locale: 'zh' },
  { name: 'diagnosis', path: '/local/groups/shop-notifications/diagnosis' },
  { name: 'reset', path: '/local/groups/shop-analytics/reset?to=earliest', theme: 'dark' },
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
  { name: 'delayed', path: '/local/delayed' },
  { name: 'life', path: '/local/life/shop.orders/0/1' },
  { name: 'storage', path: '/local/storage' },
  { name: 'storage-topics', path: '/local/storage/topics' },
  { name: 'alerts', path: '/local/alerts' },
  { name: 'audit', path: '/local/audit' },
  { name: 'missing', path: '/local/topics/%25DLQ%25a%2Fb%20%E8%AE%A2%E5%8D%95/partitions' },
  { name: 'nothing-matches', path: '/local/topics?q=nothing-is-called-that' },
  {
    name: 'create',
    path: '/local/topics',
    act: (page) => page.getByRole('main').getByRole('button').first().click(),
  },
]

const variants = [
  [1440, 'light', 'en'],
  [1024, 'dark', 'zh'],
  [390, 'light', 'zh'],
  [390, 'dark', 'en'],
] as const

/** Long enough for rates, lags and their first minutes to be told. */
const WATCHED_MS = Number(process.env.SCREENSHOT_WATCHED_MS ?? 60_000)

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } })
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
    for (const [width, theme, locale] of variants) {
      for (const picture of everything) {
        const name = `${picture.name}-${width}-${theme}-${locale}`
        await take(browser, { ...picture, width, theme, locale, name })
      }
    }
  } else {
    for (const picture of pictures) await take(browser, picture)
  }
} finally {
  await browser.close()
  await scene.stop()
}

async function take(from: Browser, picture: Picture): Promise<void> {
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
