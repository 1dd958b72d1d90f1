import type { Catalogue, StaffCatalogue } from './translate.ts'

/**
 * What this page has loaded; the translator reads it each time. Unused on the server, which has all
 * catalogues.
 */
export const pageCatalogues: (Catalogue | StaffCatalogue)[] = []

export const pageLanguage = () => document.documentElement.lang === 'fr' ? 'fr' : 'en'
