/** One thing that the admin listener answers beside health and metrics. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST'
  /** All of it: `/v1/disks`. */
  readonly path: string
  /** What it tells, in a few words. */
  readonly summary: string
  answer(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>
}

export interface AdminRequest {
  readonly query: URLSearchParams
  /** Of a POST, as JSON; undefined without one. */
  readonly body: unknown
}

export interface AdminAnswer {
  /** [200] */
  readonly status?: number
  /** Is sent as JSON. */
  readonly body: object
}

/** What is wrong with a request, for whoever sent it. */
export function badRequest(error: string): AdminAnswer {
  return { status: 400, body: { error } }
}
