/**
 * Whether a hidden type opens to this code. Compares to the end whatever differs, so that the time
 * it takes tells nothing about how much of a guess is right.
 */
export function opensTo (access_code: string | null, given: string | undefined): boolean {
  if (access_code === null) return true
  if (given === undefined) return false
  let difference = access_code.length ^ given.length
  for (let i = 0; i < given.length; i++) {
    difference |= access_code.charCodeAt(i % access_code.length) ^ given.charCodeAt(i)
  }
  return difference === 0
}
