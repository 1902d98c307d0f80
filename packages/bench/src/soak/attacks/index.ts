import type { Attack } from '../target.ts'
import { bombs } from './bombs.ts'
import { deaf } from './deaf.ts'
import { flood } from './flood.ts'
import { halfClosed } from './half-closed.ts'
import { idleConnections } from './idle-connections.ts'
import { lies } from './lies.ts'
import { trickle } from './trickle.ts'

/** All attacks by name; `connections` do nothing. */
export function attacksOf(connections: number): Readonly<Record<string, Attack>> {
  return { idle: idleConnections(connections), trickle, lies, bombs, deaf, 'half-closed': halfClosed, flood }
}
