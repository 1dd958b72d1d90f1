import type { NewTotp, SecondFactor } from '@fermata/contracts/auth'
import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import { AskFirst } from '../ui/ask-first.tsx'
import { Field, FormMessage } from '../ui/field.tsx'
import { NewPasskeyButton } from '../ui/passkey.tsx'
import { LocalTime } from '../ui/values.tsx'
import type { SecurityAnswer } from './security-actions.server.ts'

interface FormProps { factor: SecondFactor, answer: SecurityAnswer | undefined }

/** An app that gives codes: begin, confirm with its first code, remove. */
export function TotpForm ({ factor, answer }: FormProps) {
  const t = useT()
  return (
    <section className="panel grid gap-4" aria-labelledby="totp">
      <h2 id="totp">{t('account.security.totp')}</h2>
      <p>{t('account.security.totp_text')}</p>
      <FormMessage answer={answer} />
      {factor.totp_since && (
        <Form method="post" className="flex flex-wrap items-center gap-4">
          <span className="badge badge-good">
            {t('account.security.since')} <LocalTime at={factor.totp_since} />
          </span>
          <AskFirst label={t('account.security.totp_remove')} text={t('account.security.totp_remove_text')}>
            <button type="submit" name="form" value="totp_remove" className="button button-danger">{t('account.security.remove_sure')}</button>
          </AskFirst>
        </Form>
      )}
      {!factor.totp_since && answer?.totp && (
        <NewApp totp={answer.totp} error={answer.errors.code} />
      )}
      {!factor.totp_since && !answer?.totp && (
        <Form method="post">
          <button type="submit" name="form" value="totp" className="button">{t('account.security.totp_begin')}</button>
        </Form>
      )}
    </section>
  )
}

function NewApp ({ totp, error }: { totp: NewTotp, error: string | undefined }) {
  const t = useT()
  return (
    <Form method="post" className="grid gap-4">
      <p>{t('account.security.totp_scan')}</p>
      <img src={`data:image/svg+xml,${encodeURIComponent(totp.qr_svg)}`} alt={t('account.security.totp_qr')} width="220" height="220"
        className="rounded" />
      <p>{t('account.security.totp_key')} <code className="break-all font-bold select-all">{totp.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
      <p><a className="link" href={totp.uri}>{t('account.security.totp_open')}</a></p>
      {/* Kept with the form, so that a mistyped code does not begin anew. */}
      {Object.entries(totp).map(([name, value]) =>
        <input key={name} type="hidden" name={name} value={value} />)}
      <input type="hidden" name="form" value="totp_confirm" />
      <Field name="code" label={t('account.security.code')} hint={t('account.security.code_hint')} required inputMode="numeric"
        autoComplete="one-time-code" maxLength={10} error={error} />
      <p><button type="submit" className="button">{t('account.security.totp_confirm')}</button></p>
    </Form>
  )
}

/** Passkeys: add one, see when each was used, remove one. */
export function PasskeysForm ({ factor, answer }: FormProps) {
  const t = useT()
  return (
    <section className="panel grid gap-4" aria-labelledby="passkeys">
      <h2 id="passkeys">{t('account.security.passkeys')}</h2>
      <p>{t('account.security.passkeys_text')}</p>
      <FormMessage answer={answer} />
      {factor.passkeys.length > 0 && (
        <ul className="grid">
          {factor.passkeys.map(passkey => (
            <li key={passkey.id} className="flex flex-wrap items-center justify-between gap-3 border-b border-line py-3 last:border-0">
              <span className="grid min-w-0">
                <strong className="break-all">{passkey.name}</strong>
                <span className="hint">
                  {passkey.last_used_at === null ? t('account.security.never_used')
                    : <>{t('account.security.last_used')} <LocalTime at={passkey.last_used_at} /></>}
                </span>
              </span>
              <Form method="post">
                <input type="hidden" name="form" value="passkey_remove" />
                <AskFirst text={t('account.security.remove_text')}
                  label={<>{t('account.security.remove')}<span className="sr-only">: {passkey.name}</span></>}>
                  <button type="submit" name="id" value={passkey.id} className="button button-danger">
                    {t('account.security.remove_sure')}<span className="sr-only">: {passkey.name}</span>
                  </button>
                </AskFirst>
              </Form>
            </li>
          ))}
        </ul>
      )}
      {answer?.passkey_options ? (
        <Form method="post" className="grid gap-4">
          <input type="hidden" name="form" value="passkey_add" />
          <Field name="name" label={t('account.security.passkey_name')} hint={t('account.security.passkey_name_hint')} maxLength={120} />
          <p className="flex flex-wrap items-center gap-3">
            <NewPasskeyButton name="response" options={answer.passkey_options} className="button" label={t('account.security.passkey_create')} />
          </p>
          <noscript><p className="notice notice-warm">{t('account.security.passkey_script')}</p></noscript>
        </Form>
      ) : (
        <Form method="post">
          <button type="submit" name="form" value="passkey" className="button">{t('account.security.passkey_begin')}</button>
        </Form>
      )}
    </section>
  )
}

export function RecoveryCodesForm ({ factor, answer }: FormProps) {
  const t = useT()
  return (
    <section className="panel grid gap-4" aria-labelledby="codes">
      <h2 id="codes">{t('account.security.codes')}</h2>
      <p>{t('account.security.codes_text')}</p>
      <p className="font-bold">{t('account.security.codes_left', { count: factor.recovery_codes_left })}</p>
      <FormMessage answer={answer} />
      <Form method="post">
        <AskFirst label={t('account.security.codes_renew')} text={t('account.security.codes_renew_text')}>
          <button type="submit" name="form" value="codes" className="button button-danger">{t('account.security.codes_renew_sure')}</button>
        </AskFirst>
      </Form>
    </section>
  )
}

/** Shown this once: only hashes of them are kept. */
export function ShownCodes ({ codes }: { codes: string[] }) {
  const t = useT()
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join('\n')}\n`)}`
  return (
    <section className="notice notice-warm grid gap-3" aria-labelledby="new-codes">
      <h2 id="new-codes" className="text-lg">{t('account.security.codes_shown')}</h2>
      <p>{t('account.security.codes_shown_text')}</p>
      <ul className="grid gap-1 sm:grid-cols-2">
        {codes.map(code => <li key={code}><code className="select-all">{code}</code></li>)}
      </ul>
      <p><a className="button button-quiet" href={file} download="fermata-recovery-codes.txt">{t('account.security.codes_download')}</a></p>
    </section>
  )
}
