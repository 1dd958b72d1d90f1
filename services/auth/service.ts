import * as api from '@fermata/contracts/auth'
import { profileChanged, settingsChanged } from '@fermata/contracts/users'
import { cron, job } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { createPasswordHasher } from './adapters/password-hasher.ts'
import { AuthSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { changePassword } from './operations/change-password.ts'
import { confirm } from './operations/confirm.ts'
import { deleteAccount } from './operations/delete-account.ts'
import { deleteCredentials } from './operations/delete-credentials.ts'
import { endLogin } from './operations/end-login.ts'
import { followLocales, followNames } from './operations/follow-profiles.ts'
import { forgotPassword } from './operations/forgot-password.ts'
import { getKeys } from './operations/get-keys.ts'
import { getMe } from './operations/get-me.ts'
import { listEndedLogins } from './operations/list-ended-logins.ts'
import { listLogins } from './operations/list-logins.ts'
import { login } from './operations/login.ts'
import { logout } from './operations/logout.ts'
import { refresh } from './operations/refresh.ts'
import { register } from './operations/register.ts'
import { removeStale } from './operations/remove-stale.ts'
import { requestReset } from './operations/request-reset.ts'
import { requestVerification } from './operations/request-verification.ts'
import { resetPassword } from './operations/reset-password.ts'
import { refuseDemoAccounts } from './operations/seed-demo-accounts.ts'
import { setRoles } from './operations/set-roles.ts'
import { verifyEmail } from './operations/verify-email.ts'

export default defineService<Ctx>({
  name: 'auth',
  migrations: new URL('./migrations/', import.meta.url),
  settings: AuthSettings,
  routes: [
    route(api.register, register),
    route(api.login, login),
    route(api.refresh, refresh),
    route(api.logout, logout),
    route(api.confirm, confirm),
    route(api.getMe, getMe),
    route(api.listLogins, listLogins),
    route(api.endLogin, endLogin),
    route(api.changePassword, changePassword),
    route(api.forgotPassword, forgotPassword),
    route(api.resetPassword, resetPassword),
    route(api.verifyEmail, verifyEmail),
    route(api.requestVerification, requestVerification),
    route(api.deleteCredentials, deleteCredentials),
    route(api.setRoles, setRoles),
    route(api.getKeys, getKeys),
    route(api.listEndedLogins, listEndedLogins),
    route(api.deleteAccount, deleteAccount),
  ],
  subscriptions: [
    on(settingsChanged, followLocales),
    on(profileChanged, followNames),
  ],
  jobs: [
    job('request-reset', requestReset),
    cron('remove-stale', '41 * * * *', removeStale),
  ],
  start: async ctx => {
    await refuseDemoAccounts(ctx)
    return { passwords: await createPasswordHasher() }
  },
})
