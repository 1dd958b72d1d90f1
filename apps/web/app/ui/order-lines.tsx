import { useT } from '../i18n/translator.tsx'
import { Money, Price } from './values.tsx'

interface Line { name: string, quantity: number, unit_price_minor: number, discount_minor?: number }

interface Lines { lines: readonly Line[], total_minor: number, currency: string,
  promo_code?: string }

/** What an order holds, line by line, and its sum. */
export function OrderLines ({ lines, total_minor, currency, promo_code }: Lines) {
  const t = useT()
  return (
    <table className="table [&_tbody>tr:first-child]:border-t-0">
      <tbody>
        {lines.map(({ name, quantity, unit_price_minor, discount_minor = 0 }, index) => (
          <tr key={index}>
            <th scope="row" className="whitespace-normal!">
              <span className="text-base text-ink">{quantity} × {name}</span>
              {discount_minor > 0 && (
                <span className="hint block font-normal">
                  {t('shop.checkout.discount', { code: promo_code ?? '' })}{' '}
                  −<Money minor={discount_minor * quantity} currency={currency} />
                </span>
              )}
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
