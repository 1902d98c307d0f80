/**
 * Submits the requests of a list that nothing speaks against, and gives the results of all in their order. `refusalOf`
 * returns the result of a request that is refused at once, null for the others.
 */
export async function submitOthers<Q, R>(
  requests: readonly Q[],
  refusalOf: (request: Q) => R | null,
  submit: (others: readonly Q[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const refused = requests.map(refusalOf)
  const results = await submit(requests.filter((_, index) => refused[index] === null))
  let next = 0
  return refused.map((refusal) => refusal ?? results[next++]!)
}
