/** Asks, and gives everybody who asks within `ms` of that the one answer, an error too. */
export function remember<T> (ms: number, ask: () => Promise<T>): () => Promise<T> {
  let asked_ms = -Infinity
  let answer: Promise<T> | undefined
  return () => {
    if (answer && performance.now() - asked_ms < ms) return answer
    asked_ms = performance.now()
    answer = ask()
    return answer
  }
}
