import { lastAdmin, setRoles } from '@fermata/contracts/auth'
import { problemIs } from '@fermata/contracts/client'
import { Role } from '@fermata/contracts/fields'
import { listUsers, type Profile } from '@fermata/contracts/users'
import { data, Form, redirect } from 'react-router'
import type { Route } from './+types/users'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { refuse, type FormAnswer } from '../server/forms.server.ts'
import { api, endSession } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { NextPage } from '../ui/next-page.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { LocalTime } from '../ui/values.tsx'

const page_size = 50

export async function loader ({ context, url }: Route.LoaderArgs) {
  const me = requirePerson(context, 'admin')
  const q = (url.searchParams.get('q') ?? '').trim().slice(0, 200)
  const role = Role.enum.find(one => one === url.searchParams.get('role'))
  const cursor = url.searchParams.get('cursor') ?? undefined
  const page = bodyOf(context,
    await api(context)(listUsers, { query: { q: q || undefined, role, cursor, limit: page_size } }))
  return { ...page, q, role: role ?? '', roles: Role.enum, own_id: me.id }
}

export async function action ({ context, request }: Route.ActionArgs) {
  const me = requirePerson(context, 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const form = await request.formData()
  const user_id = String(form.get('user_id') ?? '')
  const roles = Role.enum.filter(role => form.getAll('role').includes(role))
  if (roles.length === 0) return data<FormAnswer>({ ...refuse(t, {}, {}, t('admin.users.none_chosen')), form: user_id },
    { status: 400 })
  const answer = await api(context)(setRoles, { params: { user_id }, body: { roles } })
  const is_changed =
    me.roles.length !== roles.length || me.roles.some(role => !roles.includes(role))
  if (answer.ok && user_id === me.id && is_changed) {
    // Their logins have ended, this one too.
    await endSession(context)
    throw redirect('/sign-in?roles=1&next=/admin/users')
  }
  if (answer.ok) return data<FormAnswer>({ form: user_id, values: {}, errors: {},
    done: t('admin.users.saved', { name: answer.body.username }) })
  if (!problemIs(answer.problem, lastAdmin)) throw refusal(context, answer)
  return data<FormAnswer>({ ...refuse(t, {}, {}, t('admin.users.last_admin')), form: user_id }, { status: answer.status })
}

export default function Users ({ loaderData, actionData }: Route.ComponentProps) {
  const { items, next_cursor, roles, own_id } = loaderData
  const t = useT()
  return (
    <section className="grid gap-6">
      <PageTitle>{t('admin.users.title')}</PageTitle>
      <h1>{t('admin.users.title')}</h1>
      <Search {...loaderData} />
      <FormMessage answer={actionData} />
      {items.length === 0 ? <p className="panel text-soft">{t('admin.users.empty')}</p> : (
        <ul className="card">
          {items.map(user => (
            <UserRow key={`${user.id} ${user.roles.join()}`} user={user} roles={roles}
              is_own={user.id === own_id} />
          ))}
        </ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </section>
  )
}

function Search ({ q, role, roles }: Route.ComponentProps['loaderData']) {
  const t = useT()
  return (
    <Form method="get" role="search" className="flex flex-wrap items-end gap-3" key={`${q} ${role}`}>
      <div className="field grow">
        <label htmlFor="q">{t('admin.users.search')}</label>
        <input id="q" name="q" type="search" className="input" maxLength={200} defaultValue={q} />
      </div>
      <div className="field">
        <label htmlFor="role">{t('admin.users.role')}</label>
        <select id="role" name="role" className="input" defaultValue={role}>
          <option value="">{t('admin.users.any_role')}</option>
          {roles.map(one => <option key={one} value={one}>{t(`admin.users.role_name.${one}`)}</option>)}
        </select>
      </div>
      <button type="submit" className="button button-quiet">{t('admin.users.find')}</button>
    </Form>
  )
}

interface RowProps { user: Profile, roles: readonly Role[], is_own: boolean }

function UserRow ({ user, roles, is_own }: RowProps) {
  const t = useT()
  return (
    <li className="grid items-center gap-x-6 gap-y-2 border-b border-line px-5 py-4 last:border-0 lg:grid-cols-[1fr_auto]">
      <div className="grid min-w-0">
        <strong>{user.username}</strong>
        <span className="hint"><span className="break-all">{user.email}</span> · <LocalTime at={user.created_at} /></span>
        {is_own && <span className="hint">{t('admin.users.own')}</span>}
        {!user.email_verified && <span className="badge badge-warm justify-self-start">{t('admin.users.unconfirmed')}</span>}
      </div>
      <Form method="post" className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <input type="hidden" name="user_id" value={user.id} />
        <fieldset className="flex flex-wrap gap-x-4">
          <legend className="sr-only">{t('shell.labelled', { label: t('admin.users.roles'), text: user.username })}</legend>
          {roles.map(role => (
            <label key={role} className="flex min-h-11 cursor-pointer items-center gap-2">
              <input type="checkbox" name="role" value={role} defaultChecked={user.roles.includes(role)}
                className="h-5 w-5 accent-(--action)" />
              {t(`admin.users.role_name.${role}`)}
            </label>
          ))}
        </fieldset>
        <button type="submit" className="button button-quiet">{t('admin.users.set')}</button>
      </Form>
    </li>
  )
}
