import { type ClassValue, clsx } from 'clsx'

/** Class names, joined; what is false or missing is left out. */
export function cn(...values: ClassValue[]): string {
  return clsx(values)
}
