import os from 'node:os'
import { native } from '@odradek/native'

/** Where and when something was measured: figures without this mean nothing. */
export function machine() {
  const cpus = os.cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown'}`,
    memoryGigabytes: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    native: native !== null,
  }
}
