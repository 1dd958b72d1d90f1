import { useRef, useState, useSyncExternalStore } from 'react'
import type { TextKey } from '../i18n/translate.ts'
import { useT } from '../i18n/translator.tsx'

/*
 * Passkeys need script; without it the buttons are not there, and codes do the same. What the
 * browser signed is put into a field of the form around the button and sent like any other.
 */

interface ButtonProps {
  /** The field that gets what was signed. */
  name: string
  label: string
  className?: string
  /** Runs the ceremony. */
  run: () => Promise<unknown>
}

/** What a browser can do stays as it is; where pages are made nobody can. */
const neverChanges = () => () => {}
const hasPasskeys = () => 'PublicKeyCredential' in window

function CeremonyButton ({ name, label, className = 'button button-quiet', run }: ButtonProps) {
  const t = useT()
  const field = useRef<HTMLInputElement>(null)
  const is_possible = useSyncExternalStore(neverChanges, hasPasskeys, () => false)
  const [problem, setProblem] = useState<TextKey | null>(null)

  async function begin (): Promise<void> {
    setProblem(null)
    try {
      const signed = await run()
      field.current!.value = JSON.stringify(signed)
      const { form } = field.current!
      // What is typed elsewhere in the form is not asked for now.
      form!.noValidate = true
      form!.requestSubmit()
    } catch {
      setProblem('account.security.passkey_failed')
    }
  }

  return (
    <>
      <input type="hidden" name={name} ref={field} defaultValue="" />
      {is_possible && (
        <button type="button" className={className} onClick={() => { void begin() }}>{label}</button>
      )}
      <span role="status" className="contents">
        {problem && <span className="field-error">{t(problem)}</span>}
      </span>
    </>
  )
}

interface AskProps { name: string, label: string, challenge?: string, className?: string }

/** Signs with a passkey: which ones may, the API says. */
export function PasskeyButton ({ challenge, ...button }: AskProps) {
  return <CeremonyButton {...button} run={() => signWithPasskey(challenge)} />
}

async function signWithPasskey (challenge: string | undefined): Promise<unknown> {
  const response = await fetch('/api/auth/passkeys/ask', {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify(challenge === undefined ? {} : { challenge }),
  })
  if (!response.ok) throw new Error(String(response.status))
  const { options } = await response.json() as { options: never }
  const { startAuthentication } = await import('@simplewebauthn/browser')
  const { id, rawId, type, response: signed } = await startAuthentication({ optionsJSON: options })
  const { clientDataJSON, authenticatorData, signature, userHandle } = signed
  return { id, rawId, type,
    response: { clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) } }
}

interface CreateProps { name: string, label: string, options: unknown, className?: string }

/** Makes a passkey as `options` of the API say. */
export function NewPasskeyButton ({ options, ...button }: CreateProps) {
  return <CeremonyButton {...button} run={() => createPasskey(options)} />
}

async function createPasskey (options: unknown): Promise<unknown> {
  const { startRegistration } = await import('@simplewebauthn/browser')
  const { id, rawId, type, response } = await startRegistration({ optionsJSON: options as never })
  const { clientDataJSON, attestationObject, transports } = response
  return { id, rawId, type,
    response: { clientDataJSON, attestationObject, ...(transports && { transports }) } }
}
