/**
 * How the pieces of a request are served, one after the other, and `finish` called then: at once, or with others in between.
 * `serve` tells of how many objects there are more in what it made.
 */
export type ForEachPiece = <T>(
  pieces: Iterable<T>,
  serve: (piece: T, made: (count: number) => void) => void,
  finish: () => void,
) => void

export const forEachAtOnce: ForEachPiece = (pieces, serve, finish) => {
  for (const piece of pieces) serve(piece, () => {})
  finish()
}

/**
 * Asks for a result for each of `pieces`, and calls `done` with all of them, in their order, when the last has come.
 * `countOf`: how many objects are in a result.
 */
export function gather<T, R>(
  pieces: Iterable<T>,
  ask: (piece: T, answer: (result: R) => void) => void,
  done: (results: R[]) => void,
  forEach: ForEachPiece,
  countOf: (result: R) => number,
): void {
  const results: R[] = []
  let asked = 0
  // One more until all were asked for.
  let missing = 1
  const settle = () => {
    missing--
    if (missing === 0) done(results)
  }
  const serve = (piece: T, made: (count: number) => void) => {
    const place = asked++
    missing++
    ask(piece, (result) => {
      results[place] = result
      made(countOf(result))
      settle()
    })
  }
  forEach(pieces, serve, settle)
}
