/**
 * The address of a page with each `%` that encodes nothing written out as `%25`, as whoever types a name like `%DLQ%orders` by hand means
 * it; null where there is nothing to mend. Only its path: Next answers 500 to a path that it cannot decode, but reads any query.
 */
export function mendedAddress(url: string): string | null {
  const end = url.search(/[?#]/)
  const path = end === -1 ? url : url.slice(0, end)
  if (isDecodable(path)) return null
  // A path of this site, never `//host` or `/\host`, which a browser would take for another one.
  return (
    path.replaceAll('\\', '%5C').replace(/^\/+/, '/').split('/').map(mendedSegment).join('/') + url.slice(path.length)
  )
}

function mendedSegment(segment: string): string {
  if (isDecodable(segment)) return segment
  const mended = segment.replace(/%(?![0-9a-f]{2})/gi, '%25')
  // Two digits of hex may still be no UTF-8: then none of it was meant as a code.
  return isDecodable(mended) ? mended : segment.replaceAll('%', '%25')
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
