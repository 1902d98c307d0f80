/** A path as filters write it: `value.customer.name`, `value["a b"]`, `value.items[0]`. */
export function pathText(root: string, path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `${text}.${step}` : `${text}[${JSON.stringify(step)}]`
  }, root)
}
