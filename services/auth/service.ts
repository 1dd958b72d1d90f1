import { copiesRestored } from '@fermata/contracts/backups'
import * as api from '@fermata/contracts/auth'
import { credentialsDeleted } from '@fermata/contracts/auth'
import { addressErased, profileChanged, settingsChanged } from '@fermata/contracts/users'
import { cron, job } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { createPasswordHasher } from './adapters/password-hasher.ts'
import { afterRestore } from './after-restore.ts'
import { AuthSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { changePassword } from './operations/change-password.ts'
import { checkLink } from './operations/check-link.ts'
import { confirm } from './operations/confirm.ts'
import { deleteAccount } from './operations/delete-account.ts'
import { deleteCredentials } from './operations/delete-credentials.ts'
import { endLogin, endOtherLogins } from './operations/end-login.ts'
import { loginWithPasskey, loginWithSecondFactor } from './operations/finish-login.ts'
import { followLocales, followNames } from './operations/follow-profiles.ts'
import { endRestoredAccounts } from './operations/end-restored-accounts.ts'
import { findProvenAccount } from './operations/find-proven-account.ts'
import { forgotPassword } from './operations/forgot-password.ts'
import { getKeys } from './operations/get-keys.ts'
import { getMe } from './operations/get-me.ts'
import { listEndedLogins } from './operations/list-ended-logins.ts'
import { listLogins } from './operations/list-logins.ts'
import { login } from './operations/login.ts'
import { logout } from './operations/logout.ts'
import { makeLink } from './operations/make-link.ts'
import { addPasskey, askForPasskey, removePasskey, startPasskey } from './operations/passkeys.ts'
import { refresh } from './operations/refresh.ts'
import { register } from './operations/register.ts'
import { removeStale } from './operations/remove-stale.ts'
import { requestReset } from './operations/request-reset.ts'
import { requestVerification } from './operations/request-verification.ts'
import { resetPassword } from './operations/reset-password.ts'
import {
  createRecoveryCodes, getSecondFactor, removeSecondFactor,
} from './operations/second-factor.ts'
import { refuseDemoAccounts } from './operations/seed-demo-accounts.ts'
import { setRoles } from './operations/set-roles.ts'
import { takeRestoredRights } from './operations/take-restored-rights.ts'
import { confirmTotp, enableTotp, removeTotp } from './operations/totp.ts'
import { verifyEmail } from './operations/verify-email.ts'
import { sealAnew } from './seal-anew.ts'
import { createTotpBox } from './totp-box.ts'
import { endClaims, forgetAccounts } from './operations/forget-accounts.ts'
import { personalData } from './personal-data.ts'
import { madeSince } from './queries/made-since.ts'

export default defineService<Ctx>({
  name: 'auth',
  personal_data: personalData,
  afterRestore,
  madeSince,
  migrations: new URL('./migrations/', import.meta.url),
  settings: AuthSettings,
  routes: [
    route(api.register, register),
    route(api.login, login),
    route(api.loginWithSecondFactor, loginWithSecondFactor),
    route(api.loginWithPasskey, loginWithPasskey),
    route(api.refresh, refresh),
    route(api.logout, logout),
    route(api.confirm, confirm),
    route(api.getMe, getMe),
    route(api.listLogins, listLogins),
    route(api.endLogin, endLogin),
    route(api.endOtherLogins, endOtherLogins),
    route(api.changePassword, changePassword),
    route(api.forgotPassword, forgotPassword),
    route(api.resetPassword, resetPassword),
    route(api.checkLink, checkLink), route(api.verifyEmail, verifyEmail),
    route(api.requestVerification, requestVerification),
    route(api.deleteCredentials, deleteCredentials),
    route(api.setRoles, setRoles),
    route(api.getSecondFactor, getSecondFactor),
    route(api.removeSecondFactor, removeSecondFactor),
    route(api.createRecoveryCodes, createRecoveryCodes),
    route(api.enableTotp, enableTotp),
    route(api.confirmTotp, confirmTotp),
    route(api.removeTotp, removeTotp),
    route(api.startPasskey, startPasskey),
    route(api.addPasskey, addPasskey),
    route(api.removePasskey, removePasskey),
    route(api.askForPasskey, askForPasskey),
    route(api.getKeys, getKeys),
    route(api.listEndedLogins, listEndedLogins),
    route(api.makeLink, makeLink),
    route(api.deleteAccount, deleteAccount),
    route(api.findProvenAccount, findProvenAccount),
  ],
  subscriptions: [
    on(settingsChanged, followLocales),
    on(profileChanged, followNames),
    on(credentialsDeleted, forgetAccounts),
    on(addressErased, endClaims),
    on(copiesRestored, endRestoredAccounts),
    on(copiesRestored, takeRestoredRights),
  ],
  jobs: [
    job('request-reset', requestReset),
    cron('remove-stale', '41 * * * *', removeStale),
  ],
  start: async ctx => {
    await refuseDemoAccounts(ctx)
    const secretBox = createTotpBox(ctx.settings.SECOND_FACTOR_SECRET)
    await sealAnew(ctx, secretBox)
    return { passwords: await createPasswordHasher(), secretBox }
  },
})
