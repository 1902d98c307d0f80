/** One address the broker listens on or tells its clients: `NAME://host:port`. */
export interface Listener {
  readonly name: string
  readonly host: string
  readonly port: number
}

const LISTENER = /^([A-Za-z][A-Za-z0-9_-]*):\/\/(.*)$/
const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/

/** Listener names that are also Kafka security protocols this broker does not speak; they must not silently become plain text. */
const NOT_SERVED = new Set(['SSL', 'SASL_PLAINTEXT', 'SASL_SSL'])

/**
 * Reads `host:port` or `[v6 address]:port`. An empty host means every interface and becomes `0.0.0.0`.
 * Returns null when the text is something else. Port 0 asks the system for a free port.
 */
export function parseHostAndPort(text: string): { host: string; port: number } | null {
  const match = HOST_AND_PORT.exec(text)
  if (match === null) return null
  const port = Number(match[3])
  if (port > 65535) return null
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

/** Reads `NAME://host:port`, the form of Kafka's `listeners` and `advertised.listeners`; null when the text is something else. */
export function parseListener(text: string): Listener | null {
  const match = LISTENER.exec(text)
  const address = match === null ? null : parseHostAndPort(match[2] ?? '')
  if (match === null || address === null) return null
  return { name: (match[1] ?? '').toUpperCase(), host: address.host, port: address.port }
}

/** What is wrong with one item of `listeners`, or null. */
export function checkListener(item: string): string | null {
  const listener = parseListener(item)
  if (listener === null) return `must be NAME://host:port, for example PLAINTEXT://127.0.0.1:9092, not "${item}"`
  if (NOT_SERVED.has(listener.name)) {
    return `names the security protocol ${listener.name}, which is not served; use PLAINTEXT or a name of your own (plain text)`
  }
  return null
}

/** What is wrong with one item of `advertised.listeners`, or null: clients must be able to connect to it. */
export function checkAdvertisedListener(item: string): string | null {
  const problem = checkListener(item)
  if (problem !== null) return problem
  const host = parseListener(item)?.host
  if (host === '0.0.0.0' || host === '::') return `must name a host that clients can connect to, not "${item}"`
  return null
}

/** What is wrong with `admin.listener`, or null. Empty means off. */
export function checkHostAndPort(text: string): string | null {
  if (text === '' || parseHostAndPort(text) !== null) return null
  return `must be host:port, for example 127.0.0.1:9644, or empty, not "${text}"`
}
