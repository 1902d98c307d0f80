import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import type { ShopOptions } from './open-shop.ts'

export interface ToShop {
  readonly kind: 'open'
  readonly options: ShopOptions
}

export type FromShop =
  | { readonly kind: 'open' }
  | { readonly kind: 'written'; readonly records: number }
  | { readonly kind: 'failed'; readonly message: string }

const END_MS_MAX = 10_000
const MAIN_FILE = join(import.meta.dirname, `main${extname(import.meta.filename)}`)

/** The shop in a process of its own, so that what makes the load does not slow what shows it. */
export class ShopProcess {
  readonly #child: ChildProcess
  readonly #opened = Promise.withResolvers<void>()
  /** Records written since it opened, the history apart. */
  written = 0
  isOpen = false
  hasEnded = false

  constructor(options: ShopOptions) {
    this.#child = fork(MAIN_FILE, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let said = ''
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000)
    })
    this.#child.on('message', (message: FromShop) => {
      if (message.kind === 'written') this.written = message.records
      else if (message.kind === 'failed') this.#opened.reject(new Error(message.message))
      else {
        this.isOpen = true
        this.#opened.resolve()
      }
    })
    this.#child.on('exit', (code) => {
      this.hasEnded = true
      this.isOpen = false
      this.#opened.reject(new Error(`The process of the sample shop ended with code ${code}. ${said.trim()}`))
    })
    this.#child.on('error', (error) => this.#opened.reject(error))
    // Whoever starts it may not wait for it.
    this.#opened.promise.catch(() => {})
    this.#child.send({ kind: 'open', options } satisfies ToShop)
  }

  /** Resolves when the topics are there and the history is written; rejects with the reason where that fails. */
  opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Closes the shop; what it made stays. */
  async close(): Promise<void> {
    if (this.hasEnded) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX)
    await exit
    clearTimeout(timer)
  }
}
