/** More words than this narrow nothing down; they would only cost. */
const max_words = 8

/**
 * Scripts that write without blanks: their words are found inside a text, not at the beginning of
 * one.
 */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u

export interface SearchWords {
  /** Beginnings of words, all of which must occur. */
  beginnings: string[]
  /** Parts of the text, all of which must occur. */
  parts: string[]
}

/**
 * Takes what somebody typed apart; nothing but letters, marks and digits is left, so it is safe in
 * any query language.
 */
export function searchWords (q: string): SearchWords {
  const words = [...new Set(q.normalize('NFKC').split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean))].slice(0, max_words)
  return {
    beginnings: words.filter(word => !unspaced.test(word)),
    parts: words.filter(word => unspaced.test(word)),
  }
}
