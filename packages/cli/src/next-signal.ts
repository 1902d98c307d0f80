/** Resolves at the first SIGTERM or SIGINT; the one after that finds no handler and ends the process. */
export function nextSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const onSignal = () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    resolve()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return promise
}
