import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Clock ticks a second in /proc: fixed at 100 in Linux's interface to programs. */
const TICKS_PER_SECOND = 100

/** User and system seconds of a process and all its threads so far, those that have ended too. Good to 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const fields = statFields(pid)
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** `VmRSS` (now) or `VmHWM` (the most so far) of a process in MB (10^6 bytes). */
export function memoryMegabytesOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/status has no ${field}: has the process ended?`)
  return (Number(match[1]) * 1024) / 1e6
}

/** Makes `VmHWM` begin anew; without the right to do so it stays the process' peak since its start. */
export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // Somebody else's process.
  }
}

/** Seconds that all processors have worked since the machine started, interrupts included. */
export function machineCpuSeconds(): number {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .slice(1)
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND
}

/** The process whose children the kernel's own threads are. */
const KTHREADD = 2

/** Seconds that each of the kernel's own threads has worked so far, by its id; none where they are not seen, as in a container. */
export function kernelThreadSeconds(): Map<number, number> {
  const seconds = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = statFields(Number(name))
      if (Number(fields[1]) !== KTHREADD) continue
      seconds.set(Number(name), (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND)
    } catch {
      // It has ended meanwhile.
    }
  }
  return seconds
}

/** The fields of /proc/PID/stat from the third on; the second is a name that may hold spaces and brackets. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
