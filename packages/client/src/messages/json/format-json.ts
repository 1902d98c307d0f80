import { parseJsonBytes } from './json-value.ts'

/**
 * Lays JSON out over lines, two spaces a level. Every token stays as it was written, numbers to the last digit, fields in
 * their order and repeated ones too. Throws a JsonError where the text is not JSON.
 */
export function formatJson(bytes: Buffer): string {
  parseJsonBytes(bytes, 0, bytes.length)
  const parts: string[] = []
  const text = bytes.toString('utf8')
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)) {
    const before = parts.at(-1)
    switch (token) {
      case '{':
      case '[':
        depth++
        parts.push(token, `\n${'  '.repeat(depth)}`)
        break
      case '}':
      case ']':
        depth--
        if (before?.startsWith('\n') && isOpening(parts.at(-2))) parts.pop()
        else parts.push(`\n${'  '.repeat(depth)}`)
        parts.push(token)
        break
      case ',':
        parts.push(token, `\n${'  '.repeat(depth)}`)
        break
      case ':':
        parts.push(': ')
        break
      default:
        parts.push(token)
    }
  }
  return parts.join('')
}

function isOpening(part: string | undefined): boolean {
  return part === '{' || part === '['
}
