/**
 * Reads the text of a Java .properties file: `key=value`, `key: value` or `key value` a line, `#` and `!` comments, a trailing
 * backslash joins the next line, `\t \n \r \f \uXXXX` and `\` before any other character. A key given twice has its last value.
 */
export function parseProperties(text: string): Record<string, string> {
  const entries: Record<string, string> = {}
  const lines = text.split(/\r\n|\n|\r/)
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i]!.trimStart()
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(line) && i + 1 < lines.length) {
      line = line.slice(0, -1) + lines[++i]!.trimStart()
    }
    // The key ends at the first separator that no backslash protects.
    const [, key = '', value = ''] = /^((?:\\.|[^\\=:\s])*)(?:\s*[=:]\s*|\s+|$)(.*)$/s.exec(line) ?? []
    if (key !== '') entries[unescaped(key)] = unescaped(value.trimEnd())
  }
  return entries
}

const ESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
