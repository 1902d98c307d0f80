import { notFound } from 'next/navigation'

/** Every address of a cluster that is no page: said within the frame. */
export default function Rest() {
  notFound()
}
