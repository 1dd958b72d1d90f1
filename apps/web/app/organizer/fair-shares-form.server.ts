/** What the form of the shares says; the API judges the numbers. */
export const readShares = (
  { network_share_percent = '', max_per_buyer = '' }: Record<string, string>
) => ({
  network_share_percent: wholeOf(network_share_percent),
  max_per_buyer: max_per_buyer.trim() === '' ? null : wholeOf(max_per_buyer),
})

/** Digits only: `Number('')` would be 0, and what is no number is refused as too small. */
const wholeOf = (text: string) => /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0
