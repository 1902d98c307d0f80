/** Every page, in both themes, languages and sizes: no error in the browser, nothing that axe objects to, little JavaScript. */
import AxeBuilder from '@axe-core/playwright'
import { type ConsoleMessage, expect, type Page, type Request, test } from '@playwright/test'
import { routes } from './routes.ts'
import { ownScene } from './scene.ts'
import { commit } from './scene-groups.ts'

const JAVASCRIPT_BYTES_MAX = 250_000
/** Nothing was asked for that long: the page has what it begins with. */
const QUIET_MS = 100
const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 360, height: 740 }

const scene = ownScene()

test.beforeAll(async () => {
  await scene.createTopic('orders', 3)
  await scene.produce('orders', [
    ['a', '{"id":1}'],
    ['b', '{"id":9007199254740993}'],
  ])
  await commit(scene, 'billing', { orders: [1, 0, 0] })
  await scene.createTopic('reminders', 1, { 'message.type': 'DELAY' })
  const due = { TIMER_DELIVER_MS: String(Date.now() + 86_400_000) }
  await scene.produce('reminders', [['anna', '{"call":"back"}']], 0, due)
})

/** What a page is loaded in; it is then looked at in the other size, too. */
const VIEWS = [
  { theme: 'light', locale: 'en', lang: 'en', size: WIDE, other: NARROW },
  { theme: 'dark', locale: 'zh', lang: 'zh-CN', size: NARROW, other: WIDE },
] as const

// One browser that has been here before, as a visitor's has: what every page loads anew is the page.
let page: Page
test.beforeAll(async ({ browser }) => {
  page = await browser.newPage()
})
test.afterAll(() => page.close())

for (const route of routes) {
  test(`${route} in both themes, languages and sizes`, async () => {
    using watched = watch(page)
    const { problems } = watched
    for (const { theme, locale, lang, size, other } of VIEWS) {
      await page.setViewportSize(size)
      await page.context().addCookies([
        { name: 'theme', value: theme, url: scene.base },
        { name: 'locale', value: locale, url: scene.base },
      ])
      await page.goto(scene.url(addressOf(route)))
      await page.locator('html[data-ready]').waitFor()
      await expect(page.getByRole('heading', { level: 1 }).or(page.getByRole('main')).first()).toBeVisible()
      await watched.quiet()
      await expect(page.locator('[data-skeleton]'), 'what is still on its way').toHaveCount(0)
      expect(await page.locator('html').getAttribute('lang')).toBe(lang)
      const bytes = await loadedJavaScript(page)
      expect(bytes).toBeLessThanOrEqual(JAVASCRIPT_BYTES_MAX)
      expect(bytes).toBeGreaterThan(100_000)
      // Our pages have no frames: then a run in the page itself finds the same, without a second page to put it together.
      const axe = new AxeBuilder({ page }).setLegacyMode(true).withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
      const { violations } = await axe.analyze()
      const objections = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
      expect(objections, `${theme}, ${locale}`).toEqual([])
      expect(await overflow(page), `wider than ${size.width} px`).toBeLessThanOrEqual(0)
      await page.setViewportSize(other)
      expect(await overflow(page), `wider than ${other.width} px`).toBeLessThanOrEqual(0)
      expect(problems, `${theme}, ${locale}`).toEqual([])
    }
  })
}

function addressOf(route: string): string {
  return route.replace('{topic}', 'orders').replace('{group}', 'billing')
}

/** Everything that the page complains about, and what it waits for; a page that is said not to be there may be a 404. */
function watch(page: Page) {
  const problems: string[] = []
  const underWay = new Set<Request>()
  let lastAtMs = performance.now()
  const failed = (error: Error) => void problems.push(String(error))
  const said = (message: ConsoleMessage) => {
    const expected = /status of 404/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !expected) problems.push(message.text())
  }
  const asked = (request: Request) => void underWay.add(request)
  const answered = (request: Request) => {
    underWay.delete(request)
    lastAtMs = performance.now()
  }
  page.on('pageerror', failed).on('console', said)
  page.on('request', asked).on('requestfinished', answered).on('requestfailed', answered)
  return {
    problems,
    /** Resolves when nothing was under way for a moment. */
    async quiet(): Promise<void> {
      const idleMs = () => (underWay.size > 0 ? 0 : Math.floor(performance.now() - lastAtMs))
      await expect.poll(idleMs, { intervals: [QUIET_MS], message: 'requests end' }).toBeGreaterThanOrEqual(QUIET_MS)
    },
    [Symbol.dispose](): void {
      page.off('pageerror', failed).off('console', said)
      page.off('request', asked).off('requestfinished', answered).off('requestfailed', answered)
    },
  }
}

/** By how many pixels the page is wider than the screen, once it is drawn in its size. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame)
    return document.documentElement.scrollWidth - window.innerWidth
  })
}

/** The JavaScript that a page has loaded by itself, as it came over the wire: what is loaded when it is asked for is not in it. */
function loadedJavaScript(page: Page): Promise<number> {
  return page.evaluate(() => {
    const resources = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const scripts = resources.filter(({ name }) => new URL(name).pathname.endsWith('.js'))
    return scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  })
}
