import { useEffect } from 'react'

/** Whether the browser still shows the page that the server made; on the server always. */
export const first_page = { is_shown: true }

/** Called by the root: once it is alive, whatever comes is made in the browser. */
export function useFirstPage (): void {
  useEffect(() => { first_page.is_shown = false }, [])
}
