import { inspect } from 'node:util'

const LIMIT_MS = 60_000

/**
 * Asks again until `is` likes the answer. Nothing sleeps: whoever is asked takes its time to answer. Past a minute it fails and
 * shows the last answer.
 */
export async function until<T>(what: string, ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> {
  const limit = performance.now() + LIMIT_MS
  for (;;) {
    const answer = await ask()
    if (is(answer)) return answer
    if (performance.now() > limit)
      throw new Error(`Not within a minute: ${what}. Last: ${inspect(answer, { depth: 5 })}`)
  }
}
