import type { Draft, Target } from './fuzz/drafts.ts'
import { resolve, type Known } from './fuzz/known.ts'
import { placesIn } from './fuzz/wire.ts'
import type { World } from './fuzz/world.ts'

/** Makes the request with this value in one of its places. */
export type PutIn = (value: unknown) => Draft

const namesOf = (schema: unknown) =>
  Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})

/** Ways to put a value into a request: in the path, the query and every place of the body. */
export function placesOf (
  draft: Draft, { served: { route } }: Target & { is: 'route' }, known: Known
): PutIn[] {
  const body = resolve(draft.body, known, draft.actor)
  return [
    ...namesOf(route.params).map((name): PutIn => value =>
      ({ ...draft, params: { ...draft.params, [name]: value } })),
    // The others are left out: one that does not fit would hide this one.
    ...namesOf(route.query).map((name): PutIn => value => ({ ...draft, query: { [name]: value } })),
    ...placesIn(body).map((_, place): PutIn => value => {
      const copy = structuredClone(body)
      const [holder, name] = placesIn(copy)[place]!
      holder[name] = value
      return { ...draft, body: copy }
    }),
  ]
}

/** Tries each target, four at a time; ids that have ended by the tries before are fresh again. */
export async function tryEach<T extends Target> (
  world: World, targets: readonly T[], tryTarget: (target: T) => Promise<void>
): Promise<void> {
  const waiting = [...targets]
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      await world.refresh()
      await tryTarget(target)
    }
  }))
}
