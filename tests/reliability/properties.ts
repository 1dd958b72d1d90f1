import type { PropertyId } from '../proofs/proof.ts'

/**
 * What is to hold through which fault. A test says in its title which of these it tries, as in
 * `R16: killed at any moment of the first start …`, wherever it lies; nothing else registers it.
 */
export const properties: Record<PropertyId, { fault: string, promise: string }> = {
  R2: {
    fault: '`kill -9` of Node, PostgreSQL or both during a sale',
    promise: 'every acknowledged order is there; the next one is taken without a human',
  },
  R3: {
    fault: 'the power is cut',
    promise: 'what was acknowledged is on the disk, whatever was under way',
  },
  R11: {
    fault: '`kill -9` of the process that sends a mail',
    promise: 'the next one sends it within half a minute',
  },
  R14: {
    fault: 'the connection breaks in the middle of a COMMIT',
    promise: 'the same key is given the first answer, and took effect once',
  },
  R15: {
    fault: 'a disk is full',
    promise: 'not ready within 2 s, pages from what is kept, and back by itself when there is space',
  },
  R16: {
    fault: 'killed at any moment of a start, or started several times at once',
    promise: 'the next start finishes or undoes what was begun; one of many starters wins',
  },
  R18: {
    fault: 'the machine is gone, and a copy that was made during a rush is all there is; or that ' +
      'is damaged, incomplete or foreign',
    promise: 'one command brings back every order that was acknowledged before its moment, and ' +
      'nothing by half; what is damaged is refused before anything is touched',
  },
  R20: {
    fault: 'connections that a restart or a pooler in between has spoilt',
    promise: 'the pool heals within 2 s; no state outlives a transaction',
  },
  R21: {
    fault: 'many clients at once, in any order',
    promise: 'each answer fits one order of all requests',
  },
  R22: {
    fault: 'any of these, and then it heals',
    promise: 'the sale goes on to its end, and all is quiet within 30 s',
  },
  R23: {
    fault: 'half an hour of everything that people do at once',
    promise: 'memory is flat after five minutes, and no failure goes without a reason',
  },
}
