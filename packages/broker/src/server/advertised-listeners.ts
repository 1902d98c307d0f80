import { type Listener, parseListener } from '@odradek/config'

/**
 * What clients and other brokers are told: `advertised.listeners` (`texts`) by name, else where the broker is bound. Port 0
 * stands for the real one.
 */
export function advertisedListeners(bound: readonly Listener[], texts: readonly string[]): Listener[] {
  const told = texts.map((text) => parseListener(text)!)
  return bound.map((listener) => {
    const other = told.find(({ name }) => name === listener.name)
    const host = isWildcard(listener.host) ? 'localhost' : listener.host
    return other ? { ...other, port: other.port || listener.port } : { ...listener, host }
  })
}

/** Names of the listeners that take connections from everywhere while nobody said under which name they are reached. */
export function untoldListeners(bound: readonly Listener[], texts: readonly string[]): string[] {
  const told = new Set(texts.map((text) => parseListener(text)!.name))
  return bound.filter(({ name, host }) => isWildcard(host) && !told.has(name)).map(({ name }) => name)
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
