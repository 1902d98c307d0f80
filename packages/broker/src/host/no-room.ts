/** Whether `error` is the system's for a full disk, or a quota that is used up. */
export function isNoRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}
