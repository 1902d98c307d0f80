/** Where a side panel will stand, while what is in it comes: the table beside it has its width at once. */
export function PanelPlace() {
  return (
    <div
      aria-hidden
      className="w-[440px] shrink-0 border-l bg-panel max-lg:fixed max-lg:inset-0 max-lg:z-20 max-lg:w-auto max-lg:border-l-0"
    />
  )
}
