/** Every page, in both themes, languages and sizes: no error in the browser, nothing that axe objects to, little JavaScript. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { routes } from './routes.ts'
import { ownScene } from './scene.ts'
import { commit } from './scene-groups.ts'

const JAVASCRIPT_BYTES_MAX = 250_000
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

for (const { theme, locale, lang, size, other } of VIEWS) {
  for (const route of routes) {
    test(`${route} in the ${theme} theme, ${locale}, ${size.width} px`, async ({ page, context }) => {
      const problems = watch(page)
      await page.setViewportSize(size)
      await context.addCookies([
        { name: 'theme', value: theme, url: scene.base },
        { name: 'locale', value: locale, url: scene.base },
      ])
      await page.goto(scene.url(addressOf(route)))
      await expect(page.getByRole('heading', { level: 1 }).or(page.getByRole('main')).first()).toBeVisible()
      await page.waitForLoadState('networkidle')
      expect(await page.locator('html').getAttribute('lang')).toBe(lang)
      const bytes = await loadedJavaScript(page)
      expect(bytes).toBeLessThanOrEqual(JAVASCRIPT_BYTES_MAX)
      expect(bytes).toBeGreaterThan(100_000)
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa']).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
      expect(await overflow(page), `wider than ${size.width} px`).toBeLessThanOrEqual(0)
      await page.setViewportSize(other)
      expect(await overflow(page), `wider than ${other.width} px`).toBeLessThanOrEqual(0)
      expect(problems).toEqual([])
    })
  }
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
