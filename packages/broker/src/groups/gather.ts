/** How the pieces of a request are served, one after the other, and `finish` called then: at once, or with others in between. */
export type ForEachPiece = <T>(pieces: Iterable<T>, serve: (piece: T) => void, finish: () => void) => void

export const forEachAtOnce: ForEachPiece = (pieces, serve, finish) => {
  for (const piece of pieces) serve(piece)
  finish()
}

/** Asks for a result for each of `pieces`, and calls `done` with all of them, in their order, when the last has come. */
export function gather<T, R>(
  pieces: Iterable<T>,
  ask: (piece: T, answer: (result: R) => void) => void,
  done: (results: R[]) => void,
  forEach: ForEachPiece,
): void {
  const results: R[] = []
  let asked = 0
  // One more until all were asked for.
  let missing = 1
  const settle = () => {
    missing--
    if (missing === 0) done(results)
  }
  const serve = (piece: T) => {
    const place = asked++
    missing++
    ask(piece, (result) => {
      results[place] = result
      settle()
    })
  }
  forEach(pieces, serve, settle)
}
