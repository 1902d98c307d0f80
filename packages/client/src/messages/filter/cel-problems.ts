/** What the CEL parser and evaluator complain of, said to a person who writes a filter: what is wrong and where, in few words. */

/** What a hand that knows SQL or Python writes. */
const meantInstead: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' }

/** Operators with something to their right, the longer ones first. */
const OPERATOR = /^(?:==|!=|<=|>=|&&|\|\||[<>+\-*/%?.[(!]|in\b)/

/** The beginning of a string without an end in its line. */
const OPEN_STRING = /^[br]{0,2}(["'])(?:\\.|(?!\1)[^\n\\])*(?:\n|$)/i

/**
 * Why an expression cannot be read.
 * @param found what the parser says it found: one character, or `end of input`
 * @param rest the expression from there on
 */
export function parseProblem(found: string, rest: string): string {
  if (found === 'end of input' || rest.trim() === '') return 'The expression ends too early'
  if (OPEN_STRING.test(rest)) return 'A string does not end'
  if (/^[br]{0,2}["']/i.test(rest)) return 'A string cannot stand here'
  if (/^=[<>]/.test(rest)) return `Write ${rest[1]}= instead of ${rest.slice(0, 2)}`
  if (rest.startsWith('=~')) return 'Write matches() instead of =~'
  if (/^=(?!=)/.test(rest)) return 'A single = does not compare: write =='
  if (rest.startsWith('===')) return 'Write == instead of ==='
  const word = /^[A-Za-z_]\w*/.exec(rest)?.[0] ?? ''
  const meant = meantInstead[word.toLowerCase()]
  if (meant !== undefined) return `Write ${meant} instead of ${word}`
  const operator = OPERATOR.exec(rest)?.[0]
  if (operator === undefined) return `${word === '' ? rest[0] : word} cannot stand here`
  const behind = rest.slice(operator.length).trim()
  if (OPEN_STRING.test(behind)) return 'A string does not end'
  if (behind === '') return `Nothing stands after ${operator}`
  return `What stands after ${operator} cannot be read`
}

/** Why a record cannot be decided: the evaluator's own words, but where they are in signs of CEL's inside. */
export function evaluationProblem(message: string): string {
  const overload = /^found no matching overload for '?(.+?)'? applied to '(.*)'$/.exec(message)
  if (overload === null) return message
  const [, name = '', types] = overload
  // An operator has an underscore where a value stands.
  return `${/^\w+$/.test(name) ? name : name.replaceAll('_', '')} does not take ${types}`
}
