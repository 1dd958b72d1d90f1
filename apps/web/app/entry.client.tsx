import { startTransition, StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { HydratedRouter } from 'react-router/dom'
import { pageCatalogues, pageLanguage } from './i18n/page-catalogues.ts'
import { createTranslate } from './i18n/translate.ts'
import { TranslatorProvider } from './i18n/translator.tsx'

const language = pageLanguage()
pageCatalogues.push(language === 'fr' ? (await import('./i18n/fr.ts')).fr : (await import('./i18n/en.ts')).en)
const translator = { language, t: createTranslate(language, pageCatalogues) } as const

startTransition(() => {
  hydrateRoot(
    document,
    <StrictMode>
      <TranslatorProvider value={translator}>
        <HydratedRouter />
      </TranslatorProvider>
    </StrictMode>,
  )
})
