/** Imports nothing: the console's pages have it too. */

/** One `field op value` row of the filter, as the console writes it. */
export interface FieldCondition {
  /** A path such as `value.customer.country`, `headers.source`, `key`. Names that are no identifiers: `value["a b"]`. */
  readonly field: string
  readonly operator: FieldOperator
  readonly value: string
}

export const fieldOperators = [
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'exists',
  'missing',
] as const
export type FieldOperator = (typeof fieldOperators)[number]
