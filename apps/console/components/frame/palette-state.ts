/** The palette is loaded when it is first asked for; asking is an event, so that anything may. */
export const PALETTE_EVENT = 'odradek:palette'

/** Opens the palette, wherever it is. */
export function openPalette(): void {
  document.dispatchEvent(new Event(PALETTE_EVENT))
}
