/** A whole number as serializers of one write it: big-endian, signed, of 1, 2, 4 or 8 bytes. Throws for other lengths. */
export function decodeInteger(bytes: Buffer): bigint | number {
  if (bytes.length === 8) return bytes.readBigInt64BE(0)
  if (bytes.length === 1 || bytes.length === 2 || bytes.length === 4) return bytes.readIntBE(0, bytes.length)
  throw new RangeError(`A whole number has 1, 2, 4 or 8 bytes, not ${bytes.length}.`)
}

/** A UUID of 16 bytes, or its text (the form that Kafka's serializer writes). Throws for others. */
export function decodeUuid(bytes: Buffer): string {
  if (bytes.length === 16) return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const text = bytes.toString('latin1')
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)) return text.toLowerCase()
  throw new RangeError(`A UUID has 16 bytes, or 36 characters; these are ${bytes.length} bytes.`)
}
