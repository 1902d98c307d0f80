import { type GroupConfig, parseDurationMs } from '@odradek/config'

/** How long a record waits that was retried `times` times before, milliseconds. */
export function retryDelayMs(config: GroupConfig, times: number): number {
  if (config['retry.policy'] === 'exponential') {
    const delay = config['retry.exponential.base.ms'] * config['retry.exponential.factor'] ** times
    return Math.round(Math.min(delay, config['retry.exponential.max.ms']))
  }
  const levels = config['retry.delay.levels']
  return parseDurationMs(levels[Math.min(times, levels.length - 1)] ?? '0ms') ?? 0
}
