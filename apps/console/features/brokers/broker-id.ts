const ID_MAX = 2 ** 31 - 1

/** The broker id of a route's parameter; null where it is none. */
export function brokerIdOf(parameter: string): number | null {
  const id = /^\d{1,10}$/.test(parameter) ? Number(parameter) : Number.NaN
  return id <= ID_MAX ? id : null
}
