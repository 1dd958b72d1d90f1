/** Of several versions of a thing the newest: a statement may write a row only once. */
export function newestOfEach<E extends { id: string, version: number }> (things: E[]): E[] {
  const byId = new Map<string, E>()
  for (const thing of things) {
    if (thing.version >= (byId.get(thing.id)?.version ?? 0)) byId.set(thing.id, thing)
  }
  return [...byId.values()]
}
