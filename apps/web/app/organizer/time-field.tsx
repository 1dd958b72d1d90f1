import type { ComponentProps } from 'react'
import { Field } from '../ui/field.tsx'

type TimeFieldProps = Omit<ComponentProps<typeof Field>, 'type'> & { values: Record<string, string> }

/**
 * A time on the wall at the venue, and beside it the moment it stands for, so that saving a form
 * moves nothing that nobody changed.
 */
export function TimeField ({ values, ...field }: TimeFieldProps) {
  const was = values[`${field.name}_was`]
  return (
    <>
      <Field {...field} type="datetime-local" />
      {was && <input type="hidden" name={`${field.name}_was`} value={was} />}
    </>
  )
}
