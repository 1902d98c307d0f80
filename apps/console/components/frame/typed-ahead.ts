/**
 * What is typed for something that is still on its way: kept until that is there, and kept from everything else, for on this page
 * letters are shortcuts too.
 */
let typed: string | null = null

/** From now on what is typed is kept, until `takeTyped`. */
export function keepTyped(): void {
  if (typed !== null) return
  typed = ''
  window.addEventListener('keydown', keep, true)
}

/** What was typed since `keepTyped`; nothing is kept any more. */
export function takeTyped(): string {
  window.removeEventListener('keydown', keep, true)
  const text = typed ?? ''
  typed = null
  return text
}

function keep(event: KeyboardEvent): void {
  if (typed === null || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return
  if (event.key === 'Backspace') typed = typed.slice(0, -1)
  else if ([...event.key].length === 1) typed += event.key
  else if (event.key !== 'Enter') return
  event.preventDefault()
  event.stopImmediatePropagation()
}
