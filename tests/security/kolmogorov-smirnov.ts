/**
 * Two-sample Kolmogorov-Smirnov test: how likely two lists differ at least as much by chance, if
 * both come from one distribution. By the asymptotic series of Kolmogorov with Stephens' correction
 * (Numerical Recipes, 14.3); good from some twenty values on.
 */
export function sameDistribution (a: readonly number[], b: readonly number[]): number {
  const root = Math.sqrt(a.length * b.length / (a.length + b.length))
  return tail((root + 0.12 + 0.11 / root) * largestDistance(a, b))
}

/** The greatest distance between the two shares of values up to any point. */
function largestDistance (a: readonly number[], b: readonly number[]): number {
  const left = a.toSorted((x, y) => x - y)
  const right = b.toSorted((x, y) => x - y)
  let [i, j, largest] = [0, 0, 0]
  while (i < left.length && j < right.length) {
    const at = Math.min(left[i]!, right[j]!)
    while (left[i] === at) i++
    while (right[j] === at) j++
    largest = Math.max(largest, Math.abs(i / left.length - j / right.length))
  }
  return largest
}

const terms = 100

function tail (lambda: number): number {
  // Below that the sum converges slowly, and to one.
  if (lambda < 0.2) return 1
  let sum = 0
  for (let k = 1; k <= terms; k++) {
    sum += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda)
  }
  return Math.min(1, Math.max(0, sum))
}
