import type { ReconciliationRun } from '@fermata/contracts/reconciliation'
import { useT } from '../i18n/translator.tsx'

/** What a comparison after a restore found. */
export interface CameTo { mismatch_count: number, in_flight: number }

/** @returns null for what is not over, or left a service out: nothing can be said of it yet */
export const cameTo = (run: ReconciliationRun | undefined): CameTo | null =>
  run?.result && run.mismatch_count !== null && run.result.unanswered.length === 0
    ? { mismatch_count: run.mismatch_count, in_flight: run.result.in_flight }
    : null

/** Good is only what agrees while nothing is on its way any more. */
export function Compared ({ mismatch_count, in_flight }: CameTo) {
  const t = useT()
  if (mismatch_count > 0) return (
    <p className="badge badge-bad justify-self-start">{t('admin.agreement.mismatches', { count: mismatch_count })}</p>
  )
  return in_flight > 0
    ? <p className="badge badge-warm justify-self-start">{t('admin.agreement.in_flight', { count: in_flight })}</p>
    : <p className="badge badge-good justify-self-start">{t('admin.agreement.none')}</p>
}
