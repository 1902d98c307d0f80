import type { CDPSession, Page } from '@playwright/test'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds of the thread's own time: on a busy machine what others take is not in it. */
  readonly tdur?: number
  readonly args?: { readonly name?: string; readonly data?: { readonly type?: string } }
}

/**
 * The tasks of a page's main thread, by the processor time that each takes. On a quiet machine that is how long it blocks the page; a task
 * that the machine holds up in the middle is no longer for it.
 */
export class MainThread {
  readonly #session: CDPSession
  readonly #events: TraceEvent[] = []

  private constructor(session: CDPSession) {
    this.#session = session
    session.on('Tracing.dataCollected', ({ value }) => this.#events.push(...(value as unknown as TraceEvent[])))
  }

  static async watch(page: Page): Promise<MainThread> {
    const browser = page.context().browser()
    if (browser === null) throw new Error('The page has no browser of its own')
    const thread = new MainThread(await browser.newBrowserCDPSession())
    const traceConfig = {
      includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'],
    }
    await thread.#session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig })
    return thread
  }

  /** Stops watching. How many tasks there were on the main threads of pages, and the longest of them. */
  async end(): Promise<{ readonly count: number; readonly longestMs: number }> {
    const complete = new Promise<void>((resolve) => this.#session.once('Tracing.tracingComplete', () => resolve()))
    await this.#session.send('Tracing.end')
    await complete
    await this.#session.detach()
    const threads = new Set(
      this.#events.flatMap(({ name, pid, tid, args }) => {
        return name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid}/${tid}`] : []
      }),
    )
    const tasks = this.#events.filter(
      ({ name, ph, pid, tid }) => ph === 'X' && /RunTask$/.test(name) && threads.has(`${pid}/${tid}`),
    )
    return { count: tasks.length, longestMs: Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000 }
  }
}
