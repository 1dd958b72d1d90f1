import { pageCatalogues, pageLanguage } from './page-catalogues.ts'

/**
 * Imported by the layouts of organiser, door and administrator pages. A browser waits here for
 * their texts before it renders such a page, and never loads them for others.
 */
if (typeof document !== 'undefined') {
  const { staff } = await (pageLanguage() === 'fr' ? import('./fr/staff.ts') : import('./en/staff.ts'))
  pageCatalogues.push(staff)
}
