import { serviceNames, services } from '@fermata/contracts/services'
import { html, page } from './html.ts'
import type { ProblemEntry } from './problem-catalogue.ts'

const areaOf = (type: string) => type.split('/')[2] ?? ''

/** The page that leads to everything a program can ask of Fermata. */
export const portalPage = (origin: string, version: string, problems: readonly ProblemEntry[]): string => page('Fermata API', html`
<h1>The Fermata API</h1>
<p class="lead">Everything the pages do, a program can do. Version ${version}. The <a href="/api">index</a> and the
<a href="/health">health of all services</a> are there as JSON, too.</p>

<h2 id="services">Services</h2>
<ul class="services">${serviceNames.map(name => html`
<li><h3>${name}</h3><p>${services[name].summary}</p>
<div>${services[name].prefixes.map(prefix => html`<code>${prefix}</code> `)}</div>
<div class="links"><a href="/api/${name}/doc/" aria-label="API page of ${name}">API page</a> <a href="/api/${name}/doc/json" aria-label="OpenAPI of ${name}">OpenAPI</a>
<a href="/api/${name}/health/ready" aria-label="Health of ${name}">Health</a></div></li>`)}
</ul>

<h2 id="tour">A quick tour with curl</h2>
<p>Times are RFC 3339 in UTC, money is whole minor units, lists answer <code>items</code> and <code>next_cursor</code>.
Requests that create something take an <code>Idempotency-Key</code>: sent twice, they are done once.</p>
<ol class="tour">${tour(origin).map(([text, command]) => html`
<li>${text}<pre><code>${command}</code></pre></li>`)}
</ol>

<h2 id="problems">Problems</h2>
<p>What can be expected to go wrong is answered as <code>application/problem+json</code> (RFC 9457). Programs recognise a
problem by its <code>type</code>, which never changes; <code>detail</code> is for people.</p>
${[...Map.groupBy(problems, problem => areaOf(problem.type))].map(([area, members]) => html`
<h3>${area}</h3>
<div class="wide"><table><thead><tr><th>Type<th>Status<th>Meaning</tr></thead><tbody>${members.map(problem => html`
<tr><td><a href="${problem.type}"><code>${problem.type}</code></a><td class="status">${problem.status}<td>${problem.title}</tr>`)}
</tbody></table></div>`)}
`)

const json = "-H 'Content-Type: application/json'"

function tour (origin: string): [string, string][] {
  return [
    ['Find an event, and what it sells.', `curl '${origin}/api/events?q=concert'
curl '${origin}/api/ticket-types?event_id=EVENT_ID'`],
    ['Create an account. Buying works without one, too.', `curl -X POST ${origin}/api/auth/register ${json} \\
  -d '{"email": "ann@example.com", "password": "correct horse battery", "username": "Ann"}'`],
    ['Hold two tickets. The answer has the order’s id and its access_token, which is all that the next steps need.', `curl -X POST ${origin}/api/orders ${json} -H "Idempotency-Key: $(uuidgen)" \\
  -d '{"event_id": "EVENT_ID", "items": [{"ticket_type_id": "TYPE_ID", "quantity": 2}],
       "buyer": {"name": "Ann", "email": "ann@example.com", "locale": "en"}}'`],
    ['Pay. The outcome comes a moment later; ask for the order until it is completed.', `curl -X POST ${origin}/api/payments ${json} -H 'Authorization: Bearer ORDER_TOKEN' \\
  -d '{"order_id": "ORDER_ID", "provider": "simulated", "method": {"test_card": "success"}}'
curl ${origin}/api/orders/ORDER_ID -H 'Authorization: Bearer ORDER_TOKEN'`],
    ['Fetch the tickets.', `curl '${origin}/api/tickets?order_id=ORDER_ID' -H 'Authorization: Bearer ORDER_TOKEN'
curl ${origin}/api/tickets/TICKET_ID/pdf -H 'Authorization: Bearer ORDER_TOKEN' -o ticket.pdf`],
    ['Admit one at the door, as an operator. A second time is refused and says when the first was.', `curl -X POST ${origin}/api/check-ins ${json} -H 'Authorization: Bearer OPERATOR_TOKEN' \\
  -d '{"code": "TICKET_CODE", "event_id": "EVENT_ID", "gate": "North"}'`],
  ]
}
