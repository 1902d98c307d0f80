/** Every page, in both themes: no error in the browser, nothing that axe objects to, and little JavaScript. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { routes } from './routes.ts'
import { ownScene } from './scene.ts'
import { commit } from './scene-groups.ts'

const JAVASCRIPT_BYTES_MAX = 250_000

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

for (const theme of ['light', 'dark'] as const) {
  for (const route of routes) {
    test(`${route} in the ${theme} theme`, async ({ page, context }) => {
      const problems = watch(page)
      await context.addCookies([{ name: 'theme', value: theme, url: scene.base }])
      await page.goto(scene.url(addressOf(route)))
      await expect(page.getByRole('heading', { level: 1 }).or(page.getByRole('main')).first()).toBeVisible()
      await page.waitForLoadState('networkidle')
      const bytes = await loadedJavaScript(page)
      expect(bytes).toBeLessThanOrEqual(JAVASCRIPT_BYTES_MAX)
      expect(bytes).toBeGreaterThan(100_000)
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa']).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
      // Nothing is wider than the screen.
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
      expect(problems).toEqual([])
    })
  }
}

for (const locale of ['en', 'zh']) {
  test(`every page at 360 px, ${locale}`, async ({ page, context }) => {
    const problems = watch(page)
    await page.setViewportSize({ width: 360, height: 740 })
    await context.addCookies([{ name: 'locale', value: locale, url: scene.base }])
    for (const route of routes) {
      await page.goto(scene.url(addressOf(route)))
      await page.waitForLoadState('networkidle')
      expect(await page.locator('html').getAttribute('lang')).toBe(locale === 'zh' ? 'zh-CN' : 'en')
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(over, `${route} is wider than the screen`).toBeLessThanOrEqual(0)
    }
    expect(problems).toEqual([])
  })
}

function addressOf(route: string): string {
  return route.replace('{topic}', 'orders').replace('{group}', 'billing')
}

/** Everything that the page complains about; a page that is said not to be there may be a 404. */
function watch(page: Page): string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    const expected = /status of 404/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !expected) problems.push(message.text())
  })
  return problems
}

/** The JavaScript that a page has loaded by itself, as it came over the wire: what is loaded when it is asked for is not in it. */
function loadedJavaScript(page: Page): Promise<number> {
  return page.evaluate(() => {
    const resources = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const scripts = resources.filter(({ name }) => new URL(name).pathname.endsWith('.js'))
    return scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  })
}
