/** A system call's failure, as Node throws them. `subject` is the path or address it was about. */
export function systemError(code: string, syscall: string, subject: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${subject}' (simulated)`), { code, syscall })
}
