import type { ProblemDefinition } from '@fermata/contracts/define'
import type { TObject } from 'typebox'

/** What RFC 9457 calls a problem details object, plus `errors[]` and a definition's own members. */
export interface ProblemBody {
  type: string, title: string, status: number, detail?: string, [member: string]: unknown
}

export interface ProblemOptions {
  /** Members that the definition declares as its extensions. */
  extensions?: Record<string, unknown>
  headers?: Record<string, string>
}

/**
 * An expected failure, thrown by operations and answered as problem+json. Anything else thrown is a
 * bug.
 */
export class Problem extends Error {
  readonly definition: ProblemDefinition<TObject>
  readonly detail: string | undefined
  readonly extensions: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor (definition: ProblemDefinition, detail?: string, options: ProblemOptions = {}) {
    super(detail ?? definition.title)
    this.name = 'Problem'
    this.definition = definition
    this.detail = detail
    this.extensions = options.extensions ?? {}
    this.headers = options.headers ?? {}
  }

  body (): ProblemBody {
    const { type, title, status } = this.definition
    return { type, title, status, ...(this.detail && { detail: this.detail }), ...this.extensions }
  }
}
