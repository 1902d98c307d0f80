/**
 * What a client probably speaks whose first four bytes are no length of a request, in words; empty where nobody knows. Whoever
 * turns TLS on in a client, or opens the port in a browser, should find that in the broker's log rather than a strange length.
 * @param length those bytes, read as the length that they should be (big endian, signed)
 */
export function foreignProtocolText(length: number): string {
  const word = (length >>> 0).toString(16).padStart(8, '0')
  // A TLS record: handshake (22), version 3.0 to 3.4.
  if (/^16030[0-4]/.test(word)) return ': it begins as TLS does, which is not served here (security.protocol=PLAINTEXT)'
  const letters = Buffer.from(word, 'hex').toString('latin1')
  if (HTTP_BEGINNINGS.has(letters)) return ': it begins as HTTP does, which only admin.listener speaks'
  return ''
}

const HTTP_BEGINNINGS = new Set(['GET ', 'POST', 'HEAD', 'PUT ', 'OPTI', 'PRI '])
