import type { parse } from '@bufbuild/cel'
import { FieldTree } from '../json/field-tree.ts'

type Expression = NonNullable<ReturnType<typeof parse>['expr']>

/** What a CEL expression reads of a message: the variables it names, and for each which fields. */
export type NamedFields = ReadonlyMap<string, FieldTree>

/** Finds what an expression names, so that nothing else is parsed. `value.a.b` and `value["a"]["b"]` are paths. */
export function namedFields(expression: Expression): NamedFields {
  const fields = new Map<string, FieldTree>()
  const want = (name: string, path: readonly string[]) => {
    let tree = fields.get(name)
    if (tree === undefined) {
      tree = new FieldTree()
      fields.set(name, tree)
    }
    tree.add(path)
  }
  visit(expression, [], want, new Set())
  return fields
}

type Want = (variable: string, path: readonly string[]) => void

/** `path`: the fields that are selected from this expression, outermost last. */
function visit(
  expression: Expression | undefined,
  path: readonly string[],
  want: Want,
  bound: ReadonlySet<string>,
): void {
  if (expression === undefined) return
  const { exprKind } = expression
  switch (exprKind.case) {
    case 'identExpr':
      if (!bound.has(exprKind.value.name)) want(exprKind.value.name, path)
      return
    case 'selectExpr':
      visit(exprKind.value.operand, [exprKind.value.field, ...path], want, bound)
      return
    case 'callExpr': {
      const { function: name, target, args } = exprKind.value
      const index = name === '_[_]' ? textOf(args[1]) : undefined
      if (index !== undefined) {
        visit(args[0], [index, ...path], want, bound)
        return
      }
      visit(target, [], want, bound)
      for (const argument of args) visit(argument, [], want, bound)
      return
    }
    case 'listExpr':
      for (const element of exprKind.value.elements) visit(element, [], want, bound)
      return
    case 'structExpr':
      for (const entry of exprKind.value.entries) {
        if (entry.keyKind.case === 'mapKey') visit(entry.keyKind.value, [], want, bound)
        visit(entry.value, [], want, bound)
      }
      return
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value
      visit(iterRange, [], want, bound)
      visit(accuInit, [], want, bound)
      const inner = new Set([...bound, exprKind.value.iterVar, exprKind.value.iterVar2, exprKind.value.accuVar])
      for (const part of [loopCondition, loopStep, result]) visit(part, [], want, inner)
      return
    }
    case 'constExpr':
    case undefined:
      return
    default:
      exprKind satisfies never
  }
}

function textOf(expression: Expression | undefined): string | undefined {
  if (expression?.exprKind.case !== 'constExpr') return undefined
  const { constantKind } = expression.exprKind.value
  return constantKind.case === 'stringValue' ? constantKind.value : undefined
}
