import { useT } from '../i18n/translator.tsx'
import { Money, Price } from './values.tsx'

interface Lines { lines: { name: string, quantity: number, unit_price_minor: number }[],
  total_minor: number, currency: string }

/** What an order holds, line by line, and its sum. */
export function OrderLines ({ lines, total_minor, currency }: Lines) {
  const t = useT()
  return (
    <table className="table [&_tbody>tr:first-child]:border-t-0">
      <tbody>
        {lines.map(({ name, quantity, unit_price_minor }) => (
          <tr key={name}>
            <th scope="row" className="whitespace-normal!">
              <span className="text-base text-ink">{quantity} × {name}</span>
            </th>
            <td className="number pr-0!"><Price minor={unit_price_minor * quantity} currency={currency} /></td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="border-t-2 border-strong">
          <th scope="row" className="pt-3! text-lg! text-ink!">{t('shop.event.total')}</th>
          <td className="number pr-0! text-lg font-bold"><Money minor={total_minor} currency={currency} /></td>
        </tr>
      </tfoot>
    </table>
  )
}
