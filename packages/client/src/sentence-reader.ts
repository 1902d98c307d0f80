/**
 * Sentences by codes that stay: whoever reads English has the sentence, and whoever says it in another language the code and
 * the values. Errors and what is kept in logs carry the sentence alone, so the code is read back from it.
 */

export interface ReadSentence<C extends string = string> {
  readonly code: C
  /** What the sentence names: topics, counts, what the broker said. */
  readonly values: Readonly<Record<string, string>>
}

/**
 * Reads sentences of `templates`, where `{name}` stands for a value: one word, or any text where `wide` has the name. The one
 * with the most words of its own is meant; null where none fits.
 */
export function sentenceReader<C extends string>(
  templates: Readonly<Record<C, string>>,
  wide: ReadonlySet<string>,
): (sentence: string) => ReadSentence<C> | null {
  const fixed = new Map<string, C>()
  const patterns: { code: C; pattern: RegExp }[] = []
  for (const code of Object.keys(templates) as C[]) {
    const literal = templates[code].replace(/[.()[\]|*+?^$\\]/g, '\\$&')
    const pattern = literal.replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>${wide.has(name) ? '.+?' : '\\S+?'})`)
    if (pattern === literal) fixed.set(templates[code], code)
    else patterns.push({ code, pattern: new RegExp(`^${pattern}$`, 's') })
  }
  patterns.sort((a, b) => ownLength(templates[b.code]) - ownLength(templates[a.code]))
  return (sentence) => {
    const code = fixed.get(sentence)
    if (code !== undefined) return { code, values: {} }
    for (const { code, pattern } of patterns) {
      const found = pattern.exec(sentence)
      if (found !== null) return { code, values: { ...found.groups } }
    }
    return null
  }
}

function ownLength(template: string): number {
  return template.replace(/\{\w+\}/g, '').length
}
