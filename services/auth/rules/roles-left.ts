import type { Role } from '@fermata/contracts/fields'

/**
 * What an account of a copy may still do: what it might do then, less what it might no more when
 * its roles were last set. Never more than either; whoever has an account is a `user` at least.
 */
export function rolesLeft (of_copy: readonly Role[], last: readonly Role[]): Role[] {
  const left = of_copy.filter(role => last.includes(role))
  return left.length > 0 ? left : ['user']
}
