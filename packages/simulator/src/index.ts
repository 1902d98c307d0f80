export { mutants } from './mutants.ts'
export type { Outcome } from './outcome.ts'
export { type SimulationOptions, simulate } from './simulation.ts'
export { simulateStorage } from './storage/storage-simulation.ts'
