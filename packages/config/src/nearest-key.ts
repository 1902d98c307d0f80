import type { Table } from './row.ts'

/**
 * How many letters must be put in, left out, replaced or swapped with their neighbour to turn one word into the other
 * (optimal string alignment distance).
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, beforePrevious[j - 2]! + 1)
      }
      current.push(least)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}

/** The word nearest to `word` by edit distance, and that distance; null when there are no words. The first of equals wins. */
export function nearestWord(word: string, words: Iterable<string>): { word: string; distance: number } | null {
  let nearest: { word: string; distance: number } | null = null
  for (const candidate of words) {
    const distance = editDistance(word, candidate)
    if (nearest === null || distance < nearest.distance) nearest = { word: candidate, distance }
  }
  return nearest
}

/** The one of `words` that `word` is most likely a slip of the hand for; null where none is near. */
export function meantWord(word: string, words: Iterable<string>): string | null {
  const nearest = nearestWord(word, words)
  // Of a word of two letters no slip may leave none.
  const distanceMax = Math.max(Math.min(2, word.length - 1), Math.floor(word.length / 3))
  return nearest !== null && nearest.distance <= distanceMax ? nearest.word : null
}

/** The text that refuses an unknown key and names the valid one it is most likely meant to be. */
export function unknownKeyText(table: Table, key: string): string {
  // A broker's key asked of a topic: the topic's own key for the same setting is the one that is meant.
  for (const [name, row] of Object.entries(table)) {
    if (row.from === key) return `Unknown key "${key}". Did you mean "${name}"?`
  }
  const keys = Object.keys(table)
  const meant = meantWord(key, keys)
  if (meant !== null) return `Unknown key "${key}". Did you mean "${meant}"?`
  const nearest = nearestWord(key, keys)
  return nearest === null
    ? `Unknown key "${key}". There are no keys in this scope.`
    : `Unknown key "${key}". The nearest key is "${nearest.word}".`
}
