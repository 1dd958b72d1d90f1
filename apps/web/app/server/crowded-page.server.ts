import { createHash } from 'node:crypto'
import type { Language } from '../i18n/language.ts'
import { translators } from '../i18n/translators.server.ts'

export interface CrowdedPage { html: string, policy: string }

/** The few tokens of `app.css` this page needs, so that it asks for no other file. */
const style = `:root{color-scheme:light dark;--paper:#f3f4f8;--ink:#14182a;--soft:#4a5168;--lines:#858da3;--brass:#eeb02b}
@media (prefers-color-scheme:dark){:root{--paper:#0e1119;--ink:#eef0f8;--soft:#aab1c6;--lines:#6d758c;--brass:#f0b93f}}
body{margin:0;min-height:100vh;display:grid;place-content:center;justify-items:center;gap:1.25rem;padding:2rem;
box-sizing:border-box;text-align:center;background:var(--paper);color:var(--ink);
font:1.125rem/1.6 "Avenir Next",Avenir,"Segoe UI",system-ui,Roboto,sans-serif}
h1{margin:0;font-size:clamp(2rem,1.4rem + 2.6vw,3.25rem);line-height:1.04;letter-spacing:-.03em;text-wrap:balance}
p{margin:0;max-width:38ch;color:var(--soft)}svg{width:10rem;color:var(--lines)}`
const policy = [
  "default-src 'none'", `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`, "img-src 'self'",
  "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ')

/**
 * What is said instead of a page that there is no room to make. It costs nothing to make and asks
 * for nothing more. @param again_s after that many seconds the browser asks again by itself; null
 * where that would lose a form
 */
export function crowdedPage (language: Language, again_s: number | null): CrowdedPage {
  const { t } = translators[language]
  const text = t(again_s === null ? 'errors.crowded.text_form' : 'errors.crowded.text')
  return shortPage(language, t('errors.crowded.title'), text, again_s)
}

/** What is said instead of a page whose contents did not come in time; it asks again likewise. */
export function awayPage (language: Language, again_s: number | null): CrowdedPage {
  const { t } = translators[language]
  const text = t(again_s === null ? 'errors.crowded.text_form' : 'errors.crowded.text')
  return shortPage(language, t('errors.unavailable.title'), text, again_s)
}

/** What is said to a form that another site sent, or a browser that does not say which did. */
export function foreignPage (language: Language): CrowdedPage {
  const { t } = translators[language]
  return shortPage(language, t('errors.foreign.title'), t('errors.foreign.text'))
}

function shortPage (
  language: Language, title: string, text: string, again_s: number | null = null
): CrowdedPage {
  const refresh = again_s === null ? '' : `<meta http-equiv="refresh" content="${again_s}">`
  const html = `<!DOCTYPE html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">${refresh}<title>${title} · Fermata</title><link rel="icon" href="/favicon.svg">
<style>${style}</style></head><body><svg viewBox="0 0 160 84" aria-hidden="true" fill="none" stroke="currentColor">
<path d="M0 50h160M0 58h160M0 66h160M0 74h160M0 82h160" opacity=".45"/><path fill="currentColor" stroke="none"
d="M50 38C50 18 62 5 80 5s30 13 30 33c-3.600-14.800-14.800-22.600-30-22.600S53.600 23.200 50 38Z"/>
<circle cx="80" cy="34" r="6" fill="var(--brass)" stroke="none"/></svg>
<main><h1>${title}</h1></main><p role="status">${text}</p></body></html>
`
  return { html, policy }
}
