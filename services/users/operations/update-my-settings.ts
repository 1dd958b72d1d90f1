import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/users'
import type { Settings } from '@fermata/contracts/users'
import { Problem } from '@fermata/platform/problem'
import { tellSettings } from '../changes.ts'
import type { Operation } from '../context.ts'
import { ownPerson, presentSettings } from '../people.ts'
import { lockPerson, updateSettings } from '../queries/people.ts'

/** Changes some settings and tells those who act on them. */
export const updateMySettings: Operation<typeof api.updateMySettings> = async (ctx, request) => {
  const { id } = await ownPerson(ctx, request.caller)
  return ctx.transaction(async tx => {
    const before = await lockPerson(tx, id)
    if (!before) throw new Problem(notFound)
    const settings = presentSettings(before)
    const wanted = { ...settings, ...request.body }
    const names = Object.keys(settings) as (keyof Settings)[]
    if (names.every(name => settings[name] === wanted[name])) return settings
    const person = await updateSettings(tx, id, request.body)
    await tellSettings(ctx, tx, person, request.id)
    return presentSettings(person)
  })
}
