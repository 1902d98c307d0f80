import { appRouter } from './app-router.ts'
import { createCallerFactory } from './trpc.ts'

/** Calls the routers in the same process: server-side rendering, tests, scripts. */
export const createCaller = createCallerFactory(appRouter)
