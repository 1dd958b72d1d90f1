/** A copy that cannot be believed, with a sentence for people. */
export class BrokenCopy extends Error {}
