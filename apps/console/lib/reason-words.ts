import { type ReadSentence, sentenceReader } from '@odradek/client/sentence-reader'

/** Other reasons, and what a sentence quotes: more than one word. */
const WIDE = new Set(['text', 'types', 'names'])

/**
 * Tells reasons in other words.
 * @param reasons by the English sentence, in which `{name}` stands for a word and `{text}` for another reason
 */
export function reasonTeller(reasons: Readonly<Record<string, string>>): (reason: string) => string {
  const read = sentenceReader(Object.fromEntries(Object.keys(reasons).map((sentence) => [sentence, sentence])), WIDE)
  const tell = (reason: string): string => {
    const said: ReadSentence | null = read(reason)
    const template = said === null ? undefined : reasons[said.code]
    if (said === null || template === undefined) return reason
    return template.replace(/\{(\w+)\}/g, (_, name) => tell(said.values[name] ?? ''))
  }
  return tell
}
