const TAG = /<\/?(?:a|b|br|code|div|em|h\d|i|li|ol|p|pre|span|strong|ul)\b[^>]*>/gi
const BREAK = /<(?:br|li|p|h\d|div|ul|ol)\b[^>]*>/gi
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  '#39': "'",
  nbsp: ' ',
}

/** What a config means as plain text: Kafka's brokers tell it as a piece of their web pages, with its tags. */
export function plainDocumentation(text: string): string {
  return text
    .replace(BREAK, ' ')
    .replace(TAG, '')
    .replace(/&(lt|gt|amp|quot|apos|#39|nbsp);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .replace(/\s+/g, ' ')
    .trim()
}
