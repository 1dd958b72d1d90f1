import { createSecretBox, type SecretBox } from '@fermata/platform/secret-box'

/** Keeps the secrets of apps. @param setting SECOND_FACTOR_SECRET */
export const createTotpBox = (setting: string): SecretBox =>
  createSecretBox(setting, 'totp-secrets')
