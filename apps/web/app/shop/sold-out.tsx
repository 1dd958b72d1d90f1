import { useT } from '../i18n/translator.tsx'
import { Notice } from '../ui/notice.tsx'

/** Nothing is left now; tickets may come back when holds end. */
export function SoldOut () {
  const t = useT()
  return <Notice look="notice-warm" title={t('shop.event.sold_out_title')} text={t('shop.event.sold_out_text')} />
}
