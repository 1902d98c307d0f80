/** Lists of places and of numbers as records keep them: rising numbers as differences, so that they are short and compress well. */
import type { LetterPlace } from '../dead-letter.ts'

/** By partition: its number, its first offset, and the steps to each next. */
export type PlaceList = readonly (readonly number[])[]

/** `places` must be in the order of partitions, and in each of offsets. */
export function writePlaces(places: readonly LetterPlace[]): PlaceList {
  const list: number[][] = []
  let run: number[] | undefined
  let last = 0
  for (const { partition, offset } of places) {
    if (run?.[0] !== partition) {
      run = [partition, offset]
      list.push(run)
    } else run.push(offset - last)
    last = offset
  }
  return list
}

export function readPlaces(list: PlaceList): LetterPlace[] {
  const places: LetterPlace[] = []
  for (const [partition = 0, ...steps] of list) {
    let offset = 0
    for (const step of steps) {
      offset += step
      places.push({ partition, offset })
    }
  }
  return places
}

/** Rising numbers: the first, and the steps to each next. */
export function writeSteps(numbers: readonly number[]): number[] {
  return numbers.map((number, at) => (at === 0 ? number : number - numbers[at - 1]!))
}

export function readSteps(steps: readonly number[]): number[] {
  const numbers: number[] = []
  let number = 0
  for (const step of steps) {
    number += step
    numbers.push(number)
  }
  return numbers
}

/** By partition, then by offset. */
export function comparePlaces(one: LetterPlace, other: LetterPlace): number {
  return one.partition - other.partition || one.offset - other.offset
}
