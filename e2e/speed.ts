/**
 * How quick the console is beside a full cluster: `npm run bench:console [-- --topics 10000 --groups 1000 --messages 10000000]` fills a
 * broker of its own, serves the built console and opens every page in a real Chromium, each in a browser that has seen none of it. Prints
 * tables; what they are held against is the first paint of a page in one second and an interaction in 100 ms on a quiet machine.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, type BrowserContext, chromium, expect, type Page } from '@playwright/test'
import { Scene } from './scene.ts'

const { values } = parseArgs({
  options: {
    topics: { type: 'string', default: '10000' },
    groups: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '3' },
    /** Only pages and interactions whose name holds this, or one of several (`a,b`). */
    only: { type: 'string', default: '' },
  },
})

const topic = '/local/topics/seed-full-1'
const group = '/local/groups/seed-group-0007'
const pages: readonly (readonly [name: string, path: string])[] = [
  ['overview', '/local'],
  ['topics', '/local/topics'],
  ['topics, page 150 by size', '/local/topics?sort=size&desc=true&page=150'],
  ['topics, searched', '/local/topics?q=0042'],
  ['messages', `${topic}/messages`],
  [
    'messages, a panel open and a CEL filter',
    `${topic}/messages?from=earliest&n=50&cel=value.amount%20%3E%20990&at=0@990`,
  ],
  ['a message', `${topic}/1/125000`],
  ['partitions', `${topic}/partitions`],
  ['groups of a topic', `${topic}/groups`],
  ['configuration', `${topic}/configuration`],
  ['producers', `${topic}/producers`],
  ['groups', '/local/groups'],
  ['groups by lag', '/local/groups?sort=lag&desc=true'],
  ['lag of a group', `${group}/lag`],
  ['members', `${group}/members`],
  ['why is it stuck', `${group}/diagnosis`],
  ['reset', `${group}/reset?to=earliest`],
  ['brokers', '/local/brokers'],
  ['a broker', '/local/brokers/1'],
  ["a broker's configuration", '/local/brokers/1/configuration'],
  ['audit', '/local/audit'],
]

/** What a hand does on an open page. What it waits for afterwards is not part of the time to the next frame. */
const interactions: readonly (readonly [name: string, path: string, act: (page: Page) => Promise<unknown>])[] = [
  [
    'type into the filter of topics',
    '/local/topics',
    async (page) => {
      await page.getByRole('searchbox').first().pressSequentially('seed-0004')
      await page.getByRole('link', { name: 'seed-00042', exact: true }).waitFor()
    },
  ],
  [
    'sort topics by partitions',
    '/local/topics',
    async (page) => {
      await page.getByRole('button', { name: 'Partitions' }).click()
      await page.waitForURL(/sort=partitions/)
    },
  ],
  [
    'next page of topics',
    '/local/topics',
    async (page) => {
      await page.getByRole('button', { name: 'Next page' }).click()
      await page.getByRole('link', { name: 'seed-00065', exact: true }).waitFor()
    },
  ],
  [
    'choose all topics of a page',
    '/local/topics',
    async (page) => {
      await page.getByRole('checkbox', { name: 'Select all on this page' }).click()
      await page.getByText('50 topics selected').waitFor()
    },
  ],
  [
    'from topics to groups',
    '/local/topics',
    async (page) => {
      await page.getByRole('link', { name: 'Groups' }).click()
      await page.getByRole('link', { name: 'seed-group-0000' }).waitFor()
    },
  ],
  [
    'open a message, walk ten',
    `${topic}/messages`,
    async (page) => {
      await page.locator('tr[data-row]').first().click()
      await page.getByRole('tab', { name: 'Value' }).waitFor()
      for (let n = 0; n < 10; n++) await page.keyboard.press('j')
    },
  ],
  [
    'the palette: open, type',
    '/local/topics',
    async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('combobox').pressSequentially('seed-00077')
      await page
        .getByRole('option', { name: /seed-00077/ })
        .first()
        .waitFor()
    },
  ],
  [
    'change the theme',
    '/local/groups',
    async (page) => {
      await page.getByRole('button', { name: 'Theme' }).click()
      await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click()
      await page.locator('html.dark').waitFor()
    },
  ],
]

const scene = new Scene({})
await scene.start()
await run('packages/bench/src/console/seed.ts', [
  '--bootstrap',
  scene.bootstrap,
  '--topics',
  values.topics,
  '--groups',
  values.groups,
  '--messages',
  values.messages,
])
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
})
try {
  // The console knows the cluster from its first visitor on; the very first look at ten thousand topics is told apart.
  const began = performance.now()
  await (await fetch(scene.url('/local'))).arrayBuffer()
  print(`first visitor of a console that knows nothing yet: ${Math.round(performance.now() - began)} ms\n`)
  print(
    '| page | first byte | first paint, median | worst | all there | JavaScript |\n| --- | ---: | ---: | ---: | ---: | ---: |',
  )
  for (const [name, path] of pages) if (isWanted(name)) await measurePage(browser, name, path)
  print('\n| interaction | next frame, worst | all there |\n| --- | ---: | ---: |')
  for (const [name, path, act] of interactions) {
    if (isWanted(name)) await measureInteraction(browser, name, path, act)
  }
} finally {
  await browser.close()
  await scene.stop()
}

async function run(file: string, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', file), ...words], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${file} ended with ${code}`)
}

function isWanted(name: string): boolean {
  return values.only.split(',').some((text) => name.includes(text))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A browser that has nothing of the console in its cache. */
async function fresh(from: Browser): Promise<{ context: BrowserContext; page: Page }> {
  const context = await from.newContext({ viewport: { width: 1440, height: 900 } })
  return { context, page: await context.newPage() }
}

async function measurePage(from: Browser, name: string, path: string): Promise<void> {
  const rounds: { firstByteMs: number; paintMs: number; thereMs: number; scriptBytes: number }[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const { context, page } = await fresh(from)
    const began = performance.now()
    await page.goto(scene.url(path), { waitUntil: 'commit' })
    await page.locator('html[data-ready]').waitFor()
    await expect(page.locator('[data-skeleton]')).toHaveCount(0, { timeout: 20_000 })
    const thereMs = performance.now() - began
    await page.waitForLoadState('networkidle')
    const told = await page.evaluate(async () => {
      const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
      const painted = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime
      while (painted() === undefined) await new Promise(requestAnimationFrame)
      const scripts = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(({ name }) => {
        return name.endsWith('.js')
      })
      const scriptBytes = scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
      return {
        firstByteMs: navigation?.responseStart ?? Number.NaN,
        paintMs: painted() ?? Number.NaN,
        scriptBytes,
      }
    })
    rounds.push({ ...told, thereMs })
    await context.close()
  }
  const middle = (of: (round: (typeof rounds)[number]) => number) => {
    return Math.round(rounds.map(of).sort((a, b) => a - b)[Math.floor(rounds.length / 2)]!)
  }
  const worst = Math.round(Math.max(...rounds.map(({ paintMs }) => paintMs)))
  print(
    `| ${name} | ${middle((one) => one.firstByteMs)} ms | ${middle((one) => one.paintMs)} ms | ${worst} ms | ${middle((one) => one.thereMs)} ms | ${Math.round(middle((one) => one.scriptBytes) / 1000)} kB |`,
  )
}

/** From the event to the next frame, as the browser itself tells it (Event Timing), in steps of 8 ms; 0: within 16 ms. */
async function measureInteraction(
  from: Browser,
  name: string,
  path: string,
  act: (page: Page) => Promise<unknown>,
): Promise<void> {
  const { context, page } = await fresh(from)
  await page.addInitScript(() => {
    const seen = window as unknown as { events: number[] }
    seen.events = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ((entry as PerformanceEventTiming).interactionId > 0) seen.events.push(entry.duration)
      }
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  })
  await scene.open(page, path)
  await page.locator('tr[data-row]').first().waitFor()
  await page.waitForLoadState('networkidle')
  const began = performance.now()
  let failure = ''
  await act(page).catch((error: Error) => {
    failure = ` (${error.message.split('\n')[0]})`
  })
  const thereMs = Math.round(performance.now() - began)
  const worst = await page.evaluate(async () => {
    // Events are told with the frame after theirs.
    for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame)
    return Math.max(0, ...(window as unknown as { events: number[] }).events)
  })
  print(`| ${name} | ${worst} ms | ${thereMs} ms${failure} |`)
  await context.close()
}
