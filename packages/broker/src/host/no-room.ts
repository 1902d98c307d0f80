/** EDQUOT of Linux and of macOS, which Node calls "Unknown system error" and the number. */
const QUOTA_ERRNOS = [-122, -69]

/** Whether `error` is the system's for a full disk, a quota that is used up, or as many open files as it allows. */
export function isNoRoom(error: unknown): boolean {
  const { code, errno = 0 } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT' || QUOTA_ERRNOS.includes(errno) || isNoFile(error)
}

/** Whether it is for as many open files as it allows, of the process or of all. */
export function isNoFile(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EMFILE' || code === 'ENFILE'
}
