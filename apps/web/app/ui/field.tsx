import { useId, type InputHTMLAttributes, type ReactNode } from 'react'
import { useT } from '../i18n/translator.tsx'

interface Labelled {
  name: string
  label: ReactNode
  hint?: ReactNode
  error?: string
  className?: string
}

type InputProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'name' | 'className'>

/** A label, its input, a hint, and what is wrong with it. */
export function Field (
  { name, label, hint, error, className = '', ...input }: Labelled & InputProps
) {
  return (
    <Labels name={name} label={label} hint={hint} error={error} className={className}
      is_optional={!input.required}>
      {attributes => <input className="input" name={name} {...input} {...attributes} />}
    </Labels>
  )
}

type AreaProps =
  Labelled & { defaultValue?: string, required?: boolean, maxLength?: number, rows?: number }

export function AreaField ({ name, label, hint, error, className = '', ...area }: AreaProps) {
  return (
    <Labels name={name} label={label} hint={hint} error={error} className={className}
      is_optional={!area.required}>
      {attributes => <textarea className="input" name={name} {...area} {...attributes} />}
    </Labels>
  )
}

interface Option { value: string, text: string }

type SelectProps =
  Labelled & { options: readonly Option[], defaultValue?: string, required?: boolean }

export function SelectField (
  { name, label, hint, error, className = '', options, defaultValue, required }: SelectProps
) {
  return (
    <Labels name={name} label={label} hint={hint} error={error} className={className}
      is_optional={false}>
      {attributes => (
        <select className="input" name={name} defaultValue={defaultValue} required={required}
          {...attributes}>
          {options.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
        </select>
      )}
    </Labels>
  )
}

interface Attributes { id: string, 'aria-describedby'?: string, 'aria-invalid'?: true }

function Labels ({ label, hint, error, className, is_optional, children }: Labelled & {
  is_optional: boolean, children: (attributes: Attributes) => ReactNode
}) {
  const t = useT()
  const id = useId()
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>
        {label}{is_optional && <span className="hint font-normal"> ({t('shell.optional')})</span>}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && <p className="hint" id={`${id}-hint`}>{hint}</p>}
      {error && <p className="field-error" id={`${id}-error`}>{error}</p>}
    </div>
  )
}

interface Outcome { problem?: string, done?: string }

/** Says what became of a form: read out at once when it failed, politely when it worked. */
export function FormMessage ({ answer }: { answer: Outcome | undefined }) {
  if (answer?.problem) return <p role="alert" className="notice notice-bad">{answer.problem}</p>
  // Always there, so that what is written into it is read out; while empty it takes no place.
  return <div role="status" className="contents">{answer?.done && <p className="notice notice-good">{answer.done}</p>}</div>
}
