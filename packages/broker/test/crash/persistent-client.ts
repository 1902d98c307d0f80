import { setTimeout as sleep } from 'node:timers/promises'
import { WireClient } from '../wire-client.ts'

const RETRY_MS = 5

/** Works on a broker that goes and comes: each turn has a connection, and one that fails is taken up again. */
export class PersistentClient {
  readonly #port: number
  readonly #turn: (client: WireClient) => Promise<boolean>
  #client: WireClient | null = null
  #stopped = false
  /** Resolves when `turn` said false, or after `stop`; rejects with what is no failure of a connection. */
  readonly done: Promise<void>
  /** Rejects as `done` does, and never resolves. */
  readonly failed: Promise<never>

  /** Calls `turn` until it says false. A turn that throws because the broker went is begun again. */
  constructor(port: number, turn: (client: WireClient) => Promise<boolean>) {
    this.#port = port
    this.#turn = turn
    this.done = this.#work()
    this.failed = new Promise((_, reject) => {
      this.done.catch(reject)
    })
    this.failed.catch(() => {})
  }

  /** Lets the turn that is on come to its end, and begins none. */
  stop(): void {
    this.#stopped = true
  }

  async #work(): Promise<void> {
    for (let goesOn = true; goesOn && !this.#stopped; ) {
      try {
        this.#client ??= await WireClient.connect(this.#port)
        goesOn = await this.#turn(this.#client)
      } catch (error) {
        if (!isConnectionFailure(error as NodeJS.ErrnoException)) throw error
        this.#client?.close()
        this.#client = null
        await sleep(RETRY_MS)
      }
    }
    this.#client?.close()
  }
}

function isConnectionFailure({ code, message }: NodeJS.ErrnoException): boolean {
  return (
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    message === 'The broker closed the connection'
  )
}
