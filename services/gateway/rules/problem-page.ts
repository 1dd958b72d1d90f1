import { html, page } from './html.ts'
import type { ProblemEntry } from './problem-catalogue.ts'

/** What a person reads who follows a problem's type. */
export const problemPage = ({ type, status, title, extensions, routes }: ProblemEntry): string => page(title, html`
<h1>${title}</h1>
<dl>
<dt>Type<dd><code>${type}</code>
<dt>Status<dd class="status">${status}
<dt>Further members<dd>${extensions.length > 0 ? extensions.map(name => html`<code>${name}</code> `) : 'none'}
<dt>Answered by<dd>${routes.length > 0 ? routes.map(route => html`<code>${route}</code> `) : 'any address'}
</dl>
<p><a href="/docs#problems">All problems</a></p>
`)
