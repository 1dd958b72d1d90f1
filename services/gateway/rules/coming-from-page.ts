import { aliases } from '@fermata/contracts/founding-names'
import { movedNames } from '@fermata/contracts/moved'
import { html, page } from './html.ts'

/** For programs that know other names of what Fermata does. */
export const comingFromPage = page('Coming from other names', html`
<h1>Coming from other names</h1>
<p class="lead">Programs and texts that know other names of these addresses find here how each is
called in Fermata.</p>

<h2 id="same">Names that do the same</h2>
<p>They answer as the address beside them does. New programs use the one on the right.</p>
<div class="wide"><table><thead><tr><th>Also<th>Address</tr></thead><tbody>${aliases.map(({ method, path, route }) => html`
<tr><td><code>${method} ${path}</code><td><code>${route.method} ${route.path}</code></tr>`)}
</tbody></table></div>

<h2 id="moved">Names that say where to ask</h2>
<p>What is asked for elsewhere, with another method or another body, answers
<a href="/problems/request/moved"><code>/problems/request/moved</code></a>, whose <code>use</code> names the address.
Pages for people lead there at once.</p>
<div class="wide"><table><thead><tr><th>Asked<th>Use<th>Because</tr></thead><tbody>${movedNames.map(({ method, path, to, detail }) => html`
<tr><td><code>${method ?? 'any method'} ${path}</code><td><code>${to}</code><td>${detail}</tr>`)}
</tbody></table></div>
`)
