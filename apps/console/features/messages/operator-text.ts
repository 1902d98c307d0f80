import type { FieldOperator } from '@odradek/client/field-condition'
import type { useTranslations } from 'next-intl'

/** An operator as it is shown. */
export function operatorText(operator: FieldOperator, t: ReturnType<typeof useTranslations<'messages'>>): string {
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
