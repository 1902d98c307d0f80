export { FlushSchedule, type FlushScheduleOptions } from './flush-schedule.ts'
