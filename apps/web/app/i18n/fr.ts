import { account } from './fr/account.ts'
import { errors, shell } from './fr/shell.ts'
import { shop } from './fr/shop.ts'
import type { Catalogue } from './translate.ts'

export const fr: Catalogue = { shell, errors, shop, account }
