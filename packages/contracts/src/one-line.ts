/** Line ends of any kind, tabs, and characters that steer a terminal. */
const breaks = /[\s\p{Cc}\u2028\u2029]+/gu
/** Marks that turn the direction of whatever follows them, to the end of the line. */
const directions = /[\u202a-\u202e\u2066-\u2069]/gu

/**
 * What somebody typed as words within a line of ours: a title, a name, a reason. It begins no line,
 * header or property of its own, and leaves the words after it as they are read.
 */
export const oneLine = (text: string): string =>
  text.replace(directions, '').replace(breaks, ' ').trim()
