/** The header in which server.ts tells the pages which address was asked for. */
export const ADDRESS_HEADER = 'x-odradek-address'

/** The path and query of a page, without what Next adds when the browser fetches only a part of it. */
export function pageAddress(address: string): string {
  const [path = '/', query] = address.split('?', 2)
  if (query === undefined) return path
  const kept = query.split('&').filter((pair) => !/^_rsc(=|$)/.test(pair))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}
