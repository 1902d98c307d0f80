import type { useTranslations } from 'next-intl'
import type { Operator } from './message-query.ts'

/** An operator as it is shown. */
export function operatorText(operator: Operator, t: ReturnType<typeof useTranslations<'messages'>>): string {
  switch (operator) {
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
    case 'exists':
    case 'missing':
      return t(`operator.${operator}`)
    case '==':
      return '='
    case '!=':
      return '≠'
    case '<=':
      return '≤'
    case '>=':
      return '≥'
    default:
      return operator
  }
}
