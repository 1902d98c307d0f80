/** Figures over time, as the server keeps them; a gap is null. */
export interface Points<Name extends string> {
  readonly atMs: number[]
  readonly values: Record<Name, (number | null)[]>
}

const POINTS_MAX = 720

/** The points and one more; one that is there already is not added again. */
export function appendedPoint<Name extends string>(
  before: Points<Name>,
  atMs: number,
  values: Readonly<Record<Name, number | null>>,
): Points<Name> {
  if (atMs <= (before.atMs.at(-1) ?? 0)) return before
  const names = Object.keys(before.values) as Name[]
  const grown = names.map((name) => [name, [...before.values[name], values[name]].slice(-POINTS_MAX)])
  return {
    atMs: [...before.atMs, atMs].slice(-POINTS_MAX),
    values: Object.fromEntries(grown) as Record<Name, (number | null)[]>,
  }
}
