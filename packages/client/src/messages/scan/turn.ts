/** Lets other work of this thread have its turn: messages that stop a scan, other scans. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
