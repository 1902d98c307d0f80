/** A terminal and a service manager tell all processes of a group, and npm, `odradek up` and bin/odradek.js pass on what they were told. */
const SAME_MS = 1_000

/**
 * Resolves at the first SIGTERM or SIGINT. What comes within a second of it is the same wish told again; the one after that
 * finds no handler and ends the process. Never where `hasParent`, which then sees to the end of this process.
 */
export function nextSignal(hasParent = false): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const forget = () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
  let isTold = false
  const onSignal = () => {
    if (isTold) return
    isTold = true
    if (!hasParent) setTimeout(forget, SAME_MS).unref()
    resolve()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return promise
}
